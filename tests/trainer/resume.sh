#!/usr/bin/env bash
# A run that is stopped and resumed, on another number of ranks, ends with the bits of the
# uninterrupted run; a finished run stays as it is; only the newest checkpoints are kept. That each
# method's state is complete is tested by tests/trainer/test_methods_mpi.c.
source "$(dirname "$0")/fixture.sh"
make_data
train 1 whole evaluate.floors=false
train 2 part stop_after=2 evaluate.floors=false
train 4 part evaluate.floors=false
[ "$(hash_of part)" = "$(hash_of whole)" ] || fail "resumed after step 2: other bits"
before=$(hash_of whole)
train 2 whole
[ "$(hash_of whole)" = "$before" ] || fail "a finished run has changed"
[ "$(ls whole/checkpoints/*.h5 | wc -l)" -le 2 ] || fail "more checkpoints than keep: 2"
"$basin" eval whole >log 2>/dev/null || fail "eval"
grep -q 'trained net' log || fail "eval says nothing"
"$basin" inspect whole/checkpoints/latest >log || fail "inspect"
grep -q 'query/conv1.weight' log || fail "inspect does not list the first weights"
