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
begin
truncate -s -3000 again/checkpoints/step-000000000002.h5
expect 65 'step-000000000002.h5' "$basin" train "$job" run=again data.test=
begin
middle=$(($(stat -c %s again/checkpoints/step-000000000002.h5) / 2))
printf 'flip' | dd of=again/checkpoints/step-000000000002.h5 bs=1 seek=$middle conv=notrunc status=none
expect 65 'step-000000000002.h5' "$basin" train "$job" run=again data.test=
echo "each mismatch is told"
