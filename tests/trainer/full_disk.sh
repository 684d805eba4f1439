#!/usr/bin/env bash
# A full disk (here a limit on the size of files) does not end a training: it warns, goes on, and writes the next
# checkpoint when there is room again. Only a run whose last checkpoint is missing ends with exit code 74.
source "$(dirname "$0")/fixture.sh"
make_data
steps=(schedule.epochs=100000 evaluate.floors=false data.test=)

# wait_for RUN COMMAND ...: until it succeeds.
wait_for() {
    local run=$1
    shift
    for _ in $(seq 400); do
        "$@" && return
        sleep 0.05
    done
    cat log
    fail "$run: not after 20 seconds: $*"
}

# begin RUN: in the background; soon files of more than 8 KiB cannot be written.
begin() {
    "$basin" train "$job" run="$1" "${steps[@]}" >log 2>&1 &
    trainer=$!
    wait_for "$1" test -s "$1/metrics.jsonl"
    prlimit --pid $trainer --fsize=8192:unlimited
    wait_for "$1" grep -q 'is not written: .*File too large.*training goes on' log
}

# end RUN CODE
end() {
    local code=0
    kill -USR1 $trainer
    wait $trainer || code=$?
    [ "$code" = "$2" ] || { cat log; fail "$1: exit code $code instead of $2"; }
}

begin full
end full 74
grep -q 'the last checkpoint, of step .*File too large' log || { cat log; fail "no reason"; }
[ -z "$(ls full/checkpoints | grep partial)" ] || fail "a part of a checkpoint is left behind"

begin room
prlimit --pid $trainer --fsize=unlimited
newest() { readlink room/checkpoints/latest || true; }
before=$(newest)
wait_for room eval '[ "$(newest)" != "$before" ]'
end room 75
step=$(grep -o '"step":[0-9]*' room/run.json | cut -d : -f 2)
train 1 whole "${steps[@]}" stop_after="$step"
[ "$(hash_of room)" = "$(hash_of whole)" ] || fail "other bits after a full disk"
# No line of metrics is lost.
[ "$(wc -l <room/metrics.jsonl)" = "$step" ] || fail "lines of metrics are missing"
