#!/usr/bin/env bash
# The linear probe in a run: a line of metrics when asked for, the same on any number of ranks; and
# in `basin eval`, unless it is turned off.
source "$(dirname "$0")/fixture.sh"
"$basin" synth shapes data --train 600 --test 300 --size 16 2>/dev/null >/dev/null

first=""
for ranks in 1 2 4; do
    train "$ranks" "run$ranks" stop_after=5 evaluate.floors=false evaluate.probe=true
    line=$(grep -o '"probe_top1":[0-9.]*' "run$ranks/metrics.jsonl") || fail "no line of the probe"
    echo "ranks $ranks: $line"
    [ -n "$first" ] || first=$line
    [ "$line" = "$first" ] || fail "differs from the first line"
done
grep -q "linear probe top-1" log || fail "nothing of the probe in the log"

train 1 without stop_after=5 evaluate.floors=false
grep -q probe_top1 without/metrics.jsonl && fail "a probe that was not asked for"
percent=$(awk -F: '{printf "%.2f", 100 * $2}' <<<"$first")
expect 0 "linear probe top-1" on 2 "$basin" eval without
grep -A1 "linear probe" log | grep -q "trained net *$percent %" || { cat log; fail "not $percent %"; }
"$basin" eval without evaluate.probe=false 2>&1 | grep -q "linear probe" && fail "a probe though turned off"

# Sample 0 chooses the penalty: nothing is left to fit.
"$basin" synth shapes tiny --train 1 --test 30 --size 16 2>/dev/null >/dev/null
expect 65 "evaluate.probe=false" on 2 "$basin" eval without data.train='tiny/train-*.h5'
echo "the probe is the same everywhere"
