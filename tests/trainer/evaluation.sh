#!/usr/bin/env bash
# `basin eval` says the same on any number of ranks, and the same as the evaluation at the end of
# training. More test images than are looked at for the features' health.
source "$(dirname "$0")/fixture.sh"
"$basin" synth shapes data --train 160 --test 2900 --size 16 >/dev/null 2>&1
train 1 run stop_after=3 evaluate.floors=false

# number LABEL: what the last eval printed behind it.
number() {
    sed -n "s/^ *$1 *\(-\{0,1\}[0-9.]*\).*/\1/p" log | head -n 1
}
on 1 "$basin" eval run >log 2>error || { cat error; fail "eval on one rank"; }
cp log one
for ranks in 2 3 5; do
    on $ranks "$basin" eval run >log 2>error || { cat error; fail "eval on $ranks ranks"; }
    diff one log || fail "eval on $ranks ranks says something else"
done
for pair in "alignment alignment" "uniformity uniformity" "effective_rank effective rank" \
    "feature_deviation deviation"; do
    written=$(grep -o "\"${pair%% *}\":[-0-9.]*" run/metrics.jsonl | cut -d: -f2)
    said=$(number "${pair#* }")
    awk -v a="$written" -v b="$said" 'BEGIN { exit !(b != "" && a - b < 0.06 && b - a < 0.06) }' ||
        fail "${pair%% *} is $written in metrics.jsonl, but eval says $said"
done

# Views without augmentation are the same image.
"$basin" eval run data.augment=none evaluate.probe=false >log 2>&1
[ "$(number alignment)" = 0.000 ] || fail "two equal views lie $(number alignment) apart"
grep -q "linear probe" log && fail "evaluate.probe=false still probes"
echo "evaluations agree"
