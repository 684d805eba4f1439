#!/usr/bin/env bash
# kill -9 of one rank in the middle of training ends the whole job within seconds, and the run goes
# on from its last checkpoint.
source "$(dirname "$0")/fixture.sh"
make_data
train 1 whole schedule.epochs=40 evaluate.floors=false data.test=

run_ranks 2 "$basin" train "$job" run=killed schedule.epochs=40 data.test= >log 2>&1 &
launcher=$!
for _ in $(seq 300); do
    [ -e killed/checkpoints/latest ] && break
    sleep 0.05
done
[ -e killed/checkpoints/latest ] || { cat log; fail "no checkpoint after 15 seconds"; }
victim=$(pgrep -f "^$basin train $job run=killed" | tail -n 1)
kill -9 "$victim"
started=$SECONDS
code=0
wait $launcher || code=$?
[ $((SECONDS - started)) -le 20 ] || fail "the other rank went on"
[ "$code" != 0 ] || fail "the job said that all is well"
train 1 killed schedule.epochs=40 data.test=
[ "$(hash_of killed)" = "$(hash_of whole)" ] || fail "other bits after kill and resume"
diff <(records killed) <(records whole) >log || { cat log; fail "other metrics after kill and resume"; }

# Without an epoch's end in sight: what was learned since the last checkpoint by the clock is lost, no more.
"$basin" train "$job" run=clock schedule.epochs=40 data.test= checkpoint.every=0 checkpoint.minutes=0.001 >log 2>&1 &
victim=$!
for _ in $(seq 300); do
    [ -e clock/checkpoints/latest ] && break
    sleep 0.05
done
kill -9 $victim
wait $victim 2>/dev/null || true
[ -e clock/checkpoints/latest ] || { cat log; fail "no checkpoint by the clock after 15 seconds"; }
train 2 clock schedule.epochs=40 data.test=
[ "$(hash_of clock)" = "$(hash_of whole)" ] || fail "other bits after a checkpoint by the clock"
