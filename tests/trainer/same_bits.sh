#!/usr/bin/env bash
# The same job gives the same bits on any number of ranks that divides its workers: weights,
# optimizer, queue, and the kNN accuracies.
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

same_on "1 3 4 6 12" workers=12
same_on "1 2" method.symmetric=true evaluate.floors=false
same_on "1 2" method.shuffle=false evaluate.floors=false
same_on "1 2 4" workers=4
one=$(hash_of run)
# Each of these options changes the result, and alike on any number of ranks.
for option in method.mask_same=true method.momentum_final=1 optimizer.nesterov=true \
    optimizer.decay_norms=false model.norm=group optimizer.name=lars "optimizer.name=adamw optimizer.lr=0.001"; do
    same_on "1 2" workers=4 $option
    [ "$(hash_of run)" != "$one" ] || fail "$option changes nothing"
done
# Arithmetic.
same_on "1 2" workers=4 conv=direct
same_on "1 2" workers=4 model.width=16
wide=$(hash_of run)
same_on "1 2 4" workers=4 model.width=16 precision=bf16
[ "$(hash_of run)" != "$wide" ] || fail "precision=bf16 changes nothing"
# Windows of the images, three of each, as sparse coding sees them; the evaluation, too.
same_on "1 2 4" workers=4 data.augment=whitened data.size=12 data.patches=3
same_on "1 2" workers=4 data.augment=natural data.size=12 data.patches=3 evaluate.floors=false
make_plain_job
same_on "1 2" workers=4 method.name=simsiam model.head=mlp_bn model.head_layers=3
same_on "1 2" workers=4 method.name=moco_v3 model.head=mlp_bn
# Workers that meet in the middle of a pass.
same_on "1 2 4" workers=4 method.name=simclr model.norm=sync model.head=mlp_sync_bn
same_on "1 2" workers=6 method.name=simclr
for method in simsiam moco_v3 "moco method.symmetric=true method.mask_same=true"; do
    same_on "1 2 4" workers=4 method.name=$method model.norm=sync model.head=mlp_sync_bn
done
job=$small_job
train 1 other-seed workers=4 stop_after=5 seed=4
[ "$(hash_of other-seed)" != "$one" ] || fail "another seed gives the same bits"
