#!/usr/bin/env bash
# A run that will not learn is told so, each reason once, also on two ranks; a sound run hears nothing.
source "$(dirname "$0")/fixture.sh"
"$basin" synth shapes data --train 1600 --test 40 --size 16 >/dev/null 2>&1

# count TEXT: lines of the last run's log that warn of it.
count() {
    grep -c "warning: .*$1" log || true
}

# told N TEXT
told() {
    [ "$(count "$2")" = "$1" ] || { cat log; fail "'$2' is told $(count "$2") times, not $1"; }
}

# 160 of 1600 images are just a tenth, and 1 / (1 - 0.9) steps no quarter of 66.
sound=(method.queue=160 method.momentum=0.9 optimizer.lr=0.01 data.augment=crop_flip log_every=11
    evaluate.floors=false)
train 2 sound "${sound[@]}"
told 0 ""

train 2 negatives "${sound[@]}" method.queue=161
told 1 "each query has 161 negatives, more than a tenth of the 1600 training images"
told 1 ""

train 1 momentum "${sound[@]}" method.momentum=0.999
told 1 "momentum 0.999 is too slow for 66 steps"

# At a temperature this high all similarities are the same, so nothing can be learnt.
train 2 chance "${sound[@]}" method.temperature=100
told 1 "no better than guessing among 161"

# Without shuffling, batch norm sees a query's own key; equal views make that plain.
train 2 leak "${sound[@]}" data.augment=none method.shuffle=false
told 1 "queries find their keys among 161 in"

# Each step takes the weights to nothing.
train 1 collapse "${sound[@]}" optimizer.lr=0.1 optimizer.weight_decay=10 optimizer.momentum=0
told 1 "the features have collapsed"

train 2 still "${sound[@]}" optimizer.lr=0
told 1 "the learning rate is 0 in all 66 steps"
# A schedule that ends at 0 is sound; going on where it is 0 already is not.
train 1 ended "${sound[@]}" schedule.name=step schedule.milestones=1 schedule.factor=0 stop_after=33
told 0 "the learning rate is 0"
train 1 ended "${sound[@]}" schedule.name=step schedule.milestones=1 schedule.factor=0
told 1 "the learning rate is 0 in all 33 steps"

# MoCo v3: the negatives are the rest of the batch. T = 100 leaves nothing to learn.
make_plain_job
v3=(method.name=moco_v3 model.head=mlp_bn data.augment=crop_flip optimizer.lr=0.01 log_every=1
    evaluate.floors=false method.momentum=0.9)
train 2 v3 "${v3[@]}"
told 0 ""
train 1 v3-negatives "${v3[@]}" batch=164
told 1 "each query has 163 negatives"
train 1 v3-chance "${v3[@]}" method.temperature=100
told 1 "no better than guessing among 48"
