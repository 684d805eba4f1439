#!/usr/bin/env bash
# A job in which a rank has stopped ends with 76 and a table that says which, whichever rank it is;
# and goes on afterwards with the bits of the undisturbed run. A trace of all ranks is JSON.
source "$(dirname "$0")/fixture.sh"
make_data
plain=(evaluate.floors=false data.test= schedule.epochs=40)
train 1 whole "${plain[@]}"

# Process id of a rank, from its record of the heartbeats: 64 bytes, the id at 28.
process_of() {
    od -An -t d4 -j $(($2 * 64 + 28)) -N 4 "$1/heartbeat" | tr -d ' '
}

for victim in 0 1; do
    run=stopped-$victim code=0
    run_ranks 2 "$basin" train "$job" run="$run" "${plain[@]}" watch.stall=2 >log 2>&1 &
    launcher=$!
    for _ in $(seq 400); do
        [ -e "$run/checkpoints/latest" ] && break
        sleep 0.05
    done
    kill -STOP "$(process_of "$run" $victim)" || { cat log; fail "rank $victim does not run"; }
    started=$SECONDS
    wait $launcher || code=$?
    [ $((SECONDS - started)) -le 40 ] || fail "rank $victim stopped: the job took too long to end"
    [ "$code" = 76 ] || { cat log; fail "rank $victim stopped: exit code $code instead of 76"; }
    grep -q "all wait for rank $victim (host " log ||
        { cat log; fail "nobody says that rank $victim has stopped"; }
    [ "$(grep -c 'error: stalled' log)" = 1 ] || { cat log; fail "not one table"; }
    train 2 "$run" "${plain[@]}"
    [ "$(hash_of "$run")" = "$(hash_of whole)" ] || fail "other bits after a stall"
done

run_ranks 2 "$basin" train "$job" run=traced "${plain[@]}" schedule.epochs=2 --trace >log 2>&1 ||
    { cat log; fail "train --trace"; }
for what in '"name":"rank 0 on' '"name":"rank 1 on' '"name":"forward"' '"name":"step 3"' '"name":"batch 3"'; do
    grep -q "$what" traced/trace.json || fail "trace.json has no $what"
done
[ "$(tail -n 1 traced/trace.json)" = "]" ] || fail "trace.json has no end"
[ ! -e traced/trace ] || fail "parts of the trace are left"
