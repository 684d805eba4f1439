#!/usr/bin/env bash
# Two trainings in one run folder: the second is refused and told who the first is, or waits for it; nothing of the
# first's is touched. A training that was killed owns nothing any more.
source "$(dirname "$0")/fixture.sh"
make_data
plain=(evaluate.floors=false data.test=)

# begin NAME WORD ...: a training in folder `run` without end, in the background; waits for a step; sets $trainer.
begin() {
    "$basin" train "$job" run=run "${plain[@]}" schedule.epochs=100000 "${@:2}" >"$1" 2>&1 &
    trainer=$!
}

wait_for() { # COMMAND ...
    for _ in $(seq 400); do
        "$@" && return
        sleep 0.05
    done
    cat ./*.log
    fail "not after 20 seconds: $*"
}

ends_with() { # CODE NAME
    local code=0
    wait $trainer || code=$?
    [ "$code" = "$1" ] || { cat "$2"; fail "$2: exit code $code instead of $1"; }
}

begin first.log
wait_for test -s run/metrics.jsonl
first=$trainer
who="run: is being trained in already (host $(uname -n), process $first, since "
expect 64 "$who" "$basin" train "$job" run=run "${plain[@]}"
expect 64 "$who" on 2 "$basin" train "$job" run=run "${plain[@]}" seed=9
! ls run/job-until-* >log 2>&1 || fail "the second start has replaced the job"
kill -0 $first || { cat first.log; fail "the first has ended"; }

# With --wait the second goes on where the first stops; a signal ends the waiting.
begin second.log --wait
wait_for grep -q 'run: waits for the training there to end (host' second.log
kill -USR1 $trainer
ends_with 75 second.log
begin third.log --wait stop_after=1000000
wait_for grep -q 'waits for the training there to end' third.log
third=$trainer
kill -USR1 $first
trainer=$first
ends_with 75 first.log
wait_for grep -q 'run: resumed at step' third.log
trainer=$third
stopped=$(grep -o 'resumed at step [0-9]*' third.log | tr -dc 0-9)
wait_for grep -q "\"step\":$((stopped + 3))," run/metrics.jsonl
kill -9 $trainer
ends_with 137 third.log

# Killed: the next start begins at once, and the run is what it would have been alone. It may have
# come some epochs further, to another checkpoint, before the kill.
newest=$(ls run/checkpoints/step-*.h5 | tail -1 | sed 's/.*step-0*\([0-9]*\)\.h5/\1/')
end=$(((newest > stopped ? newest : stopped) + 6))
[ -s run/owner ] || fail "a killed training has taken its line with it"
train 2 run "${plain[@]}" schedule.epochs=100000 stop_after=$end
[ ! -s run/owner ] || fail "a training that has ended has left its line"
train 1 whole "${plain[@]}" schedule.epochs=100000 stop_after=$end
[ "$(hash_of run)" = "$(hash_of whole)" ] || fail "other bits than a run that was alone"
echo "one owner at a time"
