#!/usr/bin/env bash
# Codes of a sparse run: evaluated, written and drawn, the same on any number of ranks.
source "$(dirname "$0")/fixture.sh"
make_data
job=$source_folder/tests/trainer/sparse.yaml

line_of() { grep -o '"test_samples.*' "$1/metrics.jsonl" | tail -1; }

train 1 one
train 2 two
[ -n "$(line_of one)" ] || fail "no line of test data"
[ "$(line_of one)" = "$(line_of two)" ] || fail "test data: $(line_of one) and $(line_of two)"
grep -q "40 test samples: energy" log || fail "nothing of test data in the log"

"$basin" eval one >first 2>log || fail "eval: $(cat log)"
on 2 "$basin" eval one >second 2>log || fail "eval on 2 ranks: $(cat log)"
cmp first second || fail "eval differs between 1 and 2 ranks"
energy=$(sed 's/.*"test_energy":\([0-9.]*\).*/\1/' <<<"$(line_of one)")
awk -v e="$energy" '$1 == "energy" { exit !(($2 - e) ^ 2 < 1e-6 * e ^ 2) }' first || fail "not the energy $energy: $(cat first)"
"$basin" eval one evaluate.codes=7 2>log | grep -q "codes of 7 test samples" || fail "evaluate.codes: $(cat log)"
