#!/usr/bin/env bash
# The same job gives the same bits on any number of ranks that divides its workers: weights and
# accuracies of whole runs, from files to metrics. tests/trainer/test_methods_mpi.c has every method and
# what else changes a step.
source "$(dirname "$0")/fixture.sh"
make_data

# same_on "RANKS ..." key=value ...
same_on() {
    local first="" ranks list=$1
    shift
    for ranks in $list; do
        rm -rf run
        train "$ranks" run stop_after=5 "$@"
        local this
        this="$(hash_of run) $(grep -oE '"(knn_top1[a-z_]*|alignment|uniformity|effective_rank|feature_deviation)":[-0-9.]*' run/metrics.jsonl | tr '\n' ' ')"
        echo "$* ranks $ranks: $this"
        [ -n "$first" ] || first=$this
        [ "$this" = "$first" ] || fail "differs from the first line"
    done
}

same_on "1 3 12" workers=12
same_on "1 4" workers=4 model.width=16 precision=bf16 method.symmetric=true
# Windows of the images, three of each, as sparse coding sees them; the evaluation, too.
same_on "1 4" workers=4 data.augment=whitened data.size=12 data.patches=3
# Workers that meet in the middle of a pass.
make_plain_job
same_on "1 4" workers=4 method.name=simclr model.norm=sync model.head=mlp_sync_bn
