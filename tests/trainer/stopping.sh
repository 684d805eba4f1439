#!/usr/bin/env bash
# A training that is asked to stop (by a signal to the launcher or to one rank alone, by max_time, by the file
# STOP) writes a checkpoint, ends on all ranks with exit code 75, and goes on to the bits of an undisturbed run.
source "$(dirname "$0")/fixture.sh"
make_data
steps=(schedule.epochs=100000 checkpoint.every=0 evaluate.floors=false data.test=)
last=0 # step of the longest part

# begin RANKS RUN [option ...]: in the background, until the first steps are done; sets $launcher.
begin() {
    local ranks=$1 run=$2
    shift 2
    if [ "$ranks" = 1 ]; then
        env --default-signal=HUP "$basin" train "$job" run="$run" "${steps[@]}" "$@" >log 2>&1 &
    else
        run_ranks "$ranks" "$basin" train "$job" run="$run" "${steps[@]}" "$@" >log 2>&1 &
    fi
    launcher=$!
    for _ in $(seq 400); do
        [ -s "$run/metrics.jsonl" ] && return
        sleep 0.05
    done
    cat log
    fail "$run: no step after 20 seconds"
}

# ended RUN TEXT: with 75, a checkpoint in the middle, and this reason.
ended() {
    local code=0
    wait "$launcher" || code=$?
    [ "$code" = 75 ] || { cat log; fail "$1: exit code $code instead of 75"; }
    grep -q "$2" log || { cat log; fail "$1: does not say '$2'"; }
    grep -q '"status":"stopped"' "$1/run.json" || fail "$1: run.json does not say that it stopped"
    local step
    step=$(grep -o '"step":[0-9]*' "$1/run.json" | cut -d : -f 2)
    [ "$step" -gt 0 ] && [ "$step" = "$(tail -n 1 "$1/metrics.jsonl" | grep -o '"step":[0-9]*' | cut -d : -f 2)" ] ||
        fail "$1: the last line of metrics is not that of the step where it stopped"
    [ -e "$1/checkpoints/step-$(printf %012d "$step").h5" ] || fail "$1: no checkpoint of step $step"
    [ "$step" -le "$last" ] || last=$step
}

# The only rank of a run that is one process; one of several ranks.
rank_of() {
    pgrep -f "^$basin train $job run=$1 " | tail -n 1
}

begin 2 launched # mpirun forwards the signal to all ranks
kill -USR1 "$(pgrep -P $launcher)"
ended launched 'was sent signal 10'
begin 2 one_rank
kill -USR2 "$(rank_of one_rank)"
ended one_rank 'rank [01] was sent signal 12'
for signal in INT TERM HUP; do # HUP: the terminal has gone
    begin 1 "alone_$signal"
    kill -$signal "$launcher"
    ended "alone_$signal" 'rank 0 was sent signal'
done
begin 2 file
touch file/STOP
ended file 'file/STOP asks for it'
expect 64 'delete it to let the run go on' on 2 "$basin" train "$job" run=file "${steps[@]}"
rm file/STOP
begin 1 timed --max-time 1
ended timed 'max_time'

train 1 whole "${steps[@]}" stop_after=$((last + 2))
for run in launched one_rank alone_INT alone_TERM alone_HUP file timed; do
    train 1 "$run" "${steps[@]}" stop_after=$((last + 2))
    [ "$(hash_of "$run")" = "$(hash_of whole)" ] || fail "$run: other bits after a stop"
done

# Nobody reads the log any more: the run goes on to its end.
code=0
"$basin" train "$job" run=unread "${steps[@]}" stop_after=$((last + 2)) 2>&1 | head -n 1 >/dev/null ||
    code=${PIPESTATUS[0]}
[ "$code" = 0 ] || fail "a closed pipe: exit code $code"
[ "$(hash_of unread)" = "$(hash_of whole)" ] || fail "a closed pipe: other bits"

# Pressed twice: at once. Stopped in between, so that no step can end and the first cannot be obeyed.
begin 1 twice
kill -STOP "$launcher"
kill -INT "$launcher"
kill -CONT "$launcher"
kill -INT "$launcher"
code=0
wait "$launcher" || code=$?
[ "$code" = 75 ] || [ "$code" = 130 ] || fail "pressed twice: exit code $code"
expect 78 'max_time' "$basin" train "$job" run=never max_time=12h
