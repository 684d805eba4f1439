#!/usr/bin/env bash
# jobs/own.yaml: what is auto is chosen from the number of images, told, kept in the run, and stays when there are more.
source "$(dirname "$0")/fixture.sh"
"$basin" synth shapes data --train 120 --test 40 --size 16 2>/dev/null >/dev/null
job=$source_folder/jobs/own.yaml
own=(data.train='data/*.h5' schedule.epochs=2 evaluate.every=0 evaluate.floors=false)

key_of() { sed -n "s/^ *$2: //p" "$1/job.yaml" | head -1; }
train 1 run stop_after=2 "${own[@]}"
grep -q "auto: chosen for 144 training samples: batch=16 method.queue=8 method.momentum=0.9 evaluate.knn.k=12" log ||
    { cat log; fail "does not say what was chosen"; }
[ "$(key_of run batch) $(key_of run queue) $(key_of run momentum) $(key_of run k)" = "16 8 0.9 12" ] ||
    { cat run/job.yaml; fail "the run does not keep what was chosen"; }
grep -q auto <(grep -E "batch|queue|momentum|k:" run/job.yaml) && fail "auto stands in the run's job"

# More images than before: the run's own numbers are taken, though others would be chosen now.
"$basin" synth shapes more --train 2000 --test 1 --size 16 2>/dev/null >/dev/null
cp more/train-00000.h5 data/more.h5
train 1 run stop_after=4 "${own[@]}" data.changed=accept
[ "$(key_of run batch) $(key_of run queue) $(key_of run k)" = "16 8 12" ] || { cat run/job.yaml; fail "chosen anew at resume"; }
train 1 other stop_after=1 "${own[@]}"
grep -q "auto: chosen for 1944 training samples: batch=128 method.queue=128 method.momentum=0.9 evaluate.knn.k=44" log ||
    { cat log; fail "not chosen for more images"; }
train 2 given stop_after=1 "${own[@]}" batch=32 method.queue=100
grep -q "auto: chosen for 1944 training samples: method.momentum=0.917 evaluate.knn.k=44" log || { cat log; fail "what is given is not auto"; }
expect 66 "absent.h5" "$basin" train "$job" data.train=absent.h5 run=no
expect 78 "expected" "$basin" train "$job" "${own[@]}" run=no workers=auto
echo "own.yaml chooses from the number of images"
