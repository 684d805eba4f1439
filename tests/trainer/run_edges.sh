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
expect 66 'nothing*.h5' "$basin" train "$job" run=run "${plain[@]}" schedule.epochs=3 'data.test=nothing*.h5'
[ "$(sum_of run)" = "$before" ] || fail "a job that does not fit has changed the run"
"$basin" dump "$job" 1 dump.h5 run=run "${plain[@]}" schedule.epochs=3 >log 2>&1 || { cat log; fail "dump"; }
[ "$(sum_of run)" = "$before" ] || fail "dump, which is no owner, has changed the run"

# What ends already is told, and is no reason to write.
expect 0 'all 6 steps are done already' "$basin" train "$job" run=run "${plain[@]}"
expect 0 '6 steps are done already, more than the 3 of this job' "$basin" train "$job" run=run "${plain[@]}" schedule.epochs=1
! grep -q 'of 3 after' log || { cat log; fail "speaks of a step of 3"; }
expect 0 '6 of 9 steps are done already, and stop_after is 5' \
    "$basin" train "$job" run=run "${plain[@]}" schedule.epochs=3 stop_after=5
[ "$(sum_of run)" = "$before" ] || fail "a run that was at its end has changed: $(diff <(echo "$before") <(sum_of run))"

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

# Records are as exact as weights: a run that was killed behind its checkpoint logs what one that was not logs, once,
# apart from times; an evaluation that was lost is made up for, before the next step or at the end.
logged=(log_every=2 schedule.epochs=2 checkpoint.keep=9 evaluate.every=1)
train 1 logged "${logged[@]}"
records logged | grep -q '"step":3,.*"alignment"' || fail "no evaluation after the first epoch"
cp -r logged killed # as kill -9 leaves it before the second checkpoint, in a longer run of other lines
rm killed/checkpoints/step-000000000006.h5
sed -i '/"step":3,.*"alignment"/d; s/"status":"done"/"status":"running"/' killed/metrics.jsonl killed/run.json
echo '{"step":7,"epo' >>killed/metrics.jsonl
train 2 killed run=killed "${logged[@]}"
grep -q 'lines behind step 3 removed' log || { cat log; fail "does not tell of the cut"; }
! grep -q 'before training' log || { cat log; fail "evaluates the untrained net again"; }
diff <(records logged) <(records killed) >log || { cat log; fail "other records than of a run that was not killed"; }
[ "$(hash_of logged)" = "$(hash_of killed)" ] || fail "other bits"

sed -i '/"step":6,.*"alignment"/d; s/"status":"done"/"status":"running"/' killed/metrics.jsonl killed/run.json
train 1 killed "${logged[@]}"
diff <(records logged) <(records killed) >log || { cat log; fail "the last evaluation is not made up for"; }
last() { sed -E 's/.*"last":\{([^}]*)\}.*/\1/; s/,"images_per_s":[^,]*//' "$1/run.json"; }
grep -q '"status":"done"' killed/run.json || fail "run.json of a run at its end is not done"
[ "$(last killed)" = "$(last logged)" ] || fail "run.json has other last numbers: $(last killed), not $(last logged)"
echo "edges hold"
