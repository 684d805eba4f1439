#!/usr/bin/env bash
# Somebody's own few images: every seventh held out for testing, and a run that is evaluated from elsewhere.
source "$(dirname "$0")/fixture.sh"
make_data
train 2 run data.train=data data.test= data.test_every=7 stop_after=3 evaluate.floors=false
grep -q "data.train: 172 images of 16 x 16 pixels, 3 channels, uint8 (axes NHWC), 10 classes" log ||
    { cat log; fail "does not say what the data were taken for"; }
grep -q "data.test: 28 images" log || { cat log; fail "does not hold every seventh image out"; }
on 1 "$basin" eval run evaluate.probe=false >here 2>&1 || { cat here; fail "eval here"; }
mkdir elsewhere
(cd elsewhere && "$basin" eval ../run evaluate.probe=false) >there 2>&1 ||
    { cat there; fail "eval from elsewhere"; }
diff <(grep "top-1\|net" here) <(grep "top-1\|net" there) || fail "eval says something else elsewhere"
(cd elsewhere && "$basin" verify ../run --steps 2) >there 2>&1 || { cat there; fail "verify from elsewhere"; }

# The same as a training on some files and tests on a list of others.
echo "data/test-*.h5  # relative to this list" >files.txt
train 1 listed data.train='data/train-00000.h5,data/train-*.h5' data.test=@files.txt stop_after=3
grep -q "data.train: 160 images" log || { cat log; fail "a file named twice is not taken once"; }
train 1 same data.train=data data.test=data/test-00000.h5 stop_after=3
grep -q "1 of its 1 files are among those of data.train" log || { cat log; fail "test files are trained on in silence"; }
echo "own data are found, held out and told apart"
