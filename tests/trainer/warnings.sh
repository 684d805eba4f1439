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
told 1 "the queue holds 161 negatives, more than a tenth of the 1600 training images"
told 1 ""

train 1 momentum "${sound[@]}" method.momentum=0.999
told 1 "momentum 0.999 is too slow for 66 steps"

# At a temperature this high all similarities are the same, so nothing can be learnt.
train 2 chance "${sound[@]}" method.temperature=100
told 1 "no better than guessing among 161"
