#!/usr/bin/env bash
# The edges of a run's life: another job or another place for a folder that has been trained in, paths that are
# empty, an end that is reached already.
source "$(dirname "$0")/fixture.sh"
make_data
plain=(evaluate.floors=false data.test= schedule.epochs=2)
train 1 run "${plain[@]}"

# same_run: nothing in it has another name, size or content.
sum_of() { (cd "$1" && find . -type f ! -name heartbeat ! -name owner -exec md5sum {} + | sort -k 2); }
before=$(sum_of run)

# A job that does not fit leaves the run's own where it is.
expect 65 'query/conv1.weight' "$basin" train "$job" run=run "${plain[@]}" model.width=16
expect 65 'was trained by method moco, and this job is of method simsiam' \
    "$basin" train "$job" run=run "${plain[@]}" method.name=simsiam model.head=mlp_bn
[ "$(sum_of run)" = "$before" ] || fail "a job that does not fit has changed the run"

# A copy goes on by itself; the job of the steps before is kept.
cp -r run copy
expect 0 'copy: this run was moved or copied from run, and goes on here' on 2 "$basin" train copy/job.yaml schedule.epochs=3
[ "$(sum_of run)" = "$before" ] || fail "the copy's job.yaml has trained the original"
[ -e copy/checkpoints/step-000000000009.h5 ] || fail "the copy has not gone on"
cmp -s copy/job-until-step-000000000006.yaml run/job.yaml || fail "the job of the first steps is not kept"
grep -q '^run: copy$' copy/job.yaml || fail "the copy's job still names the original"
(cd copy && expect 0 'of 12' "$basin" train job.yaml data.train="$folder/data/train-*.h5" schedule.epochs=4)
[ -e copy/checkpoints/step-000000000012.h5 ] || fail "job.yaml without a folder does not go on where it lies"

# The empty path is not the root folder.
expect 78 'run: expected a text of 1 to 255 bytes, got ""' "$basin" train "$job" run=
for command in train eval verify inspect; do
    expect 64 'word 2 behind `basin` is empty' "$basin" $command ""
done
echo "edges hold"
