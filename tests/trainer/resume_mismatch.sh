#!/usr/bin/env bash
# Resuming with something else than the run began with: told, and refused where it cannot work.
source "$(dirname "$0")/fixture.sh"
make_data
train 1 run stop_after=2 evaluate.floors=false data.test=

begin() {
    rm -rf again
    cp -r run again
}

begin
"$basin" train "$job" run=again optimizer.lr=0.01 data.test= evaluate.every=7 >log 2>&1 || fail "resume"
grep -qF 'now optimizer: lr: 0.01' log || { cat log; fail "another learning rate is not told"; }
[ "$(grep -c 'another job' log)" = 1 ] || { cat log; fail "more is told than what matters"; }

begin
expect 65 'query/conv1.weight' "$basin" train "$job" run=again model.width=12 data.test=
begin
expect 65 'queue' on 2 "$basin" train "$job" run=again method.queue=64 data.test=
# Other training data: a shard of the same size in the place of another, one more in the glob. Refused,
# unless it is accepted; the accepted data is then the run's. The data moved elsewhere is no other.
resume=("$basin" train "$job" run=again data.test= evaluate.floors=false)
"$basin" synth shapes other --train 160 --test 40 --size 16 --seed 2 >log 2>&1 || { cat log; fail "synth"; }
[ "$(stat -c %s data/train-00000.h5)" = "$(stat -c %s other/train-00000.h5)" ] || fail "the sizes differ"
begin
cp again/job.yaml before.yaml
expect 65 'as many images, 160, but others' "${resume[@]}" data.train='other/train-*.h5'
expect 65 'data.changed=accept' on 2 "$basin" train "$job" run=again data.test= data.train='other/train-*.h5'
cmp before.yaml again/job.yaml || fail "the refused job is in the folder"
cp -r data more
cp other/train-00000.h5 more/train-00001.h5
expect 65 'now 320 images, then 160' "${resume[@]}" data.train='more/train-*.h5'
expect 0 'as many images, 160, but others' "${resume[@]}" stop_after=3 data.train='other/train-*.h5' data.changed=accept
expect 0 'step 4 of' "${resume[@]}" stop_after=4 data.train='other/train-*.h5'
grep -q 'as many' log && fail "the accepted data is told of again"
expect 65 'as many images' "${resume[@]}"
begin
cp -r data moved
expect 0 'step 3 of' "${resume[@]}" stop_after=3 data.train='moved/train-*.h5'

begin
truncate -s -3000 again/checkpoints/step-000000000002.h5
expect 65 'step-000000000002.h5' "$basin" train "$job" run=again data.test=
begin
middle=$(($(stat -c %s again/checkpoints/step-000000000002.h5) / 2))
printf 'flip' | dd of=again/checkpoints/step-000000000002.h5 bs=1 seek=$middle conv=notrunc status=none
expect 65 'step-000000000002.h5' "$basin" train "$job" run=again data.test=
echo "each mismatch is told"
