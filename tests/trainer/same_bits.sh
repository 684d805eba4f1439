#!/usr/bin/env bash
# The same job gives the same bits on any number of ranks that divides its workers: weights,
# optimizer, queue, and the kNN accuracies.
source "$(dirname "$0")/fixture.sh"
make_data

# same_on WORKERS BATCH RANKS...
same_on() {
    local workers=$1 batch=$2 first="" ranks
    shift 2
    for ranks in "$@"; do
        train "$ranks" "run-$workers-$ranks" workers="$workers" batch="$batch" stop_after=5
        local this
        this="$(hash_of "run-$workers-$ranks") $(grep -o '"knn_top1[a-z_]*":[0-9.]*' "run-$workers-$ranks/metrics.jsonl" | tr '\n' ' ')"
        echo "workers $workers, ranks $ranks: $this"
        [ -n "$first" ] || first=$this
        [ "$this" = "$first" ] || fail "differs from the first line"
    done
}

same_on 4 48 1 2 4
same_on 12 48 1 3 4 6 12
one=$(hash_of run-4-1)
train 1 other-seed workers=4 stop_after=5 seed=4
[ "$(hash_of other-seed)" != "$one" ] || fail "another seed gives the same bits"
