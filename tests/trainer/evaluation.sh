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

# The floors are there unless they are not wanted, whatever training did.
grep -q 'untrained net' one || fail "eval shows no floors"
"$basin" eval run evaluate.floors=false evaluate.probe=false >log 2>&1
grep -q 'raw pixels\|untrained net' log && fail "evaluate.floors=false still evaluates the floors"
grep -q 'trained net' log || { cat log; fail "no kNN without floors"; }

# Views without augmentation are the same image.
"$basin" eval run data.augment=none evaluate.probe=false >log 2>&1
[ "$(number alignment)" = 0.000 ] || fail "two equal views lie $(number alignment) apart"
grep -q "linear probe" log && fail "evaluate.probe=false still probes"

# Without labels there is no kNN and no probe, but the health is the same as with them.
"$basin" eval run evaluate.probe=false >labelled 2>/dev/null
expect 0 "no labels, so kNN accuracy and linear probe are left out" on 2 "$basin" eval run data.labels=
grep -Eq "top-1" log && { cat log; fail "an accuracy without labels"; }
diff <(grep -A4 health log) <(grep -A4 health labelled) || fail "the health depends on labels"
train 2 bare-run stop_after=3 data.labels= evaluate.probe=true
[ "$(grep -c "no labels, so kNN" log)" = 1 ] || { cat log; fail "not told once that labels are missing"; }
grep -q '"alignment":.*"uniformity":.*"effective_rank":.*"feature_deviation":' bare-run/metrics.jsonl ||
    fail "no health without labels"
grep -Eq 'knn_top1|probe_top1' bare-run/metrics.jsonl bare-run/run.json && fail "an accuracy without labels"
echo "evaluations agree"
