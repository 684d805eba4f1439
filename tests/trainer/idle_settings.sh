#!/usr/bin/env bash
# Settings that would change nothing are refused, done, or told at the start; a job in which all have an effect
# hears nothing.
source "$(dirname "$0")/fixture.sh"
make_data
short=(stop_after=1 batch=8 method.queue=16 schedule.epochs=1000 evaluate.floors=false data.test=)

# told TEXT key=value ...: one step of $job tells this, and nothing else that has no effect.
told() {
    local text=$1
    shift
    rm -rf run
    expect 0 "$text" "$basin" train "$job" run=run "${short[@]}" "$@"
    [ "$(grep -c 'no effect\|draws nothing\|no start' log)" = 1 ] || { cat log; fail "more is told than '$text'"; }
}

refused() {
    local text=$1
    shift
    rm -rf run
    expect 78 "$text" "$basin" train "$job" run=run "${short[@]}" "$@"
    [ ! -e run/job.yaml ] || fail "a refused job is in the folder"
}

train 1 sound "${short[@]}"
grep -q 'no effect\|draws nothing' log && { cat log; fail "a sound job is told of something"; }

told 'method.shuffle has no effect here: workers: 1' workers=1
told 'method.shuffle has no effect here: batch norm sees the samples of all' model.norm=sync
told 'model.head_layers or model.head_hidden has no effect' model.head=linear model.head_hidden=8
told 'model.head_hidden has no effect' model.head_layers=1 model.head_hidden=8
told 'evaluate.codes has no effect' evaluate.codes=7
told 'checkpoint.keep_every has no effect' checkpoint.every=0 checkpoint.keep_every=2
told 'schedule.factor has no effect' schedule.factor=0.5
told 'all views of a sample are the same' data.augment=none
train 1 group "${short[@]}" workers=1 model.norm=group
refused 'none of this net'"'"'s 4 convolutions' conv=winograd
resnet=(model.net=resnet18 model.stem=cifar model.width=8 conv=winograd)
rm -rf run
if "$basin" train "$job" run=run "${short[@]}" "${resnet[@]}" >log 2>&1; then
    grep -Eq 'conv: winograd computes [1-9][0-9]* of the net' log || { cat log; fail "not told how many"; }
else
    grep -q 'none of this net' log || { cat log; fail "a net for Winograd"; } # no kernel here takes it
fi

job=$source_folder/tests/trainer/sparse.yaml
short=(stop_after=1 data.test=)
refused 'precision: bf16 is for nets' precision=bf16
refused 'conv: direct is for nets' conv=direct
told 'method.alpha has no effect here: there is no encoder' encoder.name=none
told 'method.remember has no effect' method.remember=5
told 'penalty.lambda has no effect' penalty.name=top_k penalty.k=9 penalty.lambda=3 penalty.unit=absolute solver.name=fista
told 'data.patches has no effect' data.patches=2
told 'is no start' method.start=last data.augment=patches data.size=8
told 'evaluate.probe or evaluate.knn has no effect' evaluate.probe=true
train 1 last "${short[@]}" method.start=last
grep -q 'no start' log && fail "equal views are said to differ"
echo "what has no effect is told"
