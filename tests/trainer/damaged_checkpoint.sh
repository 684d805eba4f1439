#!/usr/bin/env bash
# A damaged checkpoint is marked, said to be, and the run goes on from the newest good one to the same bits.
source "$(dirname "$0")/fixture.sh"
make_data
steps=(schedule.epochs=6 checkpoint.keep=3 checkpoint.keep_every=2 evaluate.floors=false data.test=)
train 1 whole "${steps[@]}"
train 2 run "${steps[@]}" stop_after=15
[ "$(ls run/checkpoints | tr '\n' ' ')" = "latest step-000000000006.h5 step-000000000009.h5 step-000000000012.h5 step-000000000015.h5 " ] ||
    fail "other checkpoints than the newest 3 and every second: $(ls run/checkpoints)"
newest=run/checkpoints/step-000000000015.h5
middle=$(($(stat -c %s $newest) / 2))
byte=$(od -A n -t u1 -j $middle -N 1 $newest)
printf "\\x$(printf %02x $((byte ^ 1)))" | dd of=$newest bs=1 seek=$middle conv=notrunc 2>/dev/null
truncate -s -1 run/checkpoints/step-000000000012.h5
train 2 run "${steps[@]}"
grep -q 'step-000000000015.h5: renamed to \*.bad' log || { cat log; fail "does not say that it is damaged"; }
grep -q 'resumed at step 9' log || { cat log; fail "not from the newest good one"; }
[ -e $newest.bad ] || fail "the damaged one is not marked"
[ "$(hash_of run)" = "$(hash_of whole)" ] || fail "other bits"
for file in run/checkpoints/*.h5; do truncate -s 100 "$file"; done
expect 65 'to begin anew' on 2 "$basin" train "$job" run=run "${steps[@]}"
