#!/usr/bin/env bash
# Sparse auto-encoders: whole runs, what they draw and tell, wrong choices and images refused in one
# sentence.
source "$(dirname "$0")/fixture.sh"
make_data
cat >sparse.yaml <<END
run: run
workers: 4
batch: 16
data: {train: data/train-*.h5, augment: colour_lcn}
method: {name: sparse, atoms: 20, kernel: 5, reseed_every: 3}
encoder: {name: lista}
penalty: {lambda: 0.3, unit: relative}
optimizer: {name: adamw, lr: 0.01, weight_decay: 0}
schedule: {epochs: 1}
log_every: 1
END
job=$folder/sparse.yaml

# On 1 rank, and begun on 2 and resumed on 4. Other settings: tests/trainer/test_methods_mpi.c.
train 1 lista stop_after=7
train 2 part stop_after=4
train 4 part stop_after=7
[ "$(hash_of part)" = "$(hash_of lista)" ] || fail "other bits on other ranks"

# Steps 2, 4, 6 end an epoch; from step 2 on, codes start from those of the epoch before.
epochs="batch=80 schedule.epochs=4 encoder.name=none data.augment=centred solver.gap=1e-4 stop_after=7"
train 1 zero $epochs
train 1 last $epochs method.start=last method.remember=1000
mean_iterations() {
    tail -n 1 "$1/metrics.jsonl" | sed 's/.*"iterations":\([0-9.]*\).*/\1/'
}
awk "BEGIN {exit !($(mean_iterations last) < 0.8 * $(mean_iterations zero))}" ||
    fail "a start from the last code takes $(mean_iterations last) iterations, one from zero $(mean_iterations zero)"
[ -s lista/pictures/epoch-0000-decoder.png ] || fail "no picture of the dictionary"
[ -s lista/pictures/epoch-0000-encoder.png ] || fail "no picture of the encoder"
grep -q 'sparse/dictionary.weight' <("$basin" inspect lista/checkpoints/latest) ||
    fail "inspect does not list the dictionary"

# What there is not is not told, for 0 would look perfect: no gap but with L1, no guess without encoder.
train 1 no-gap stop_after=1 penalty.name=l0 penalty.unit=absolute solver.name=fista encoder.name=none
for file in no-gap/metrics.jsonl no-gap/run.json log; do
    grep -q 'energy' "$file" || fail "$file tells no energy"
    grep -Eq '"(gap|encoder)"|  (gap|encoder) ' "$file" && fail "$file tells of a gap or an encoder"
done
grep -q '"gap":.*"encoder":' lista/metrics.jsonl || fail "an L1 run with an encoder tells of neither"

# The energy falls.
train 1 patches stop_after=7 data.augment=patches data.size=8 data.patches=2 method.kernel=8 encoder.name=none
first=$(sed -n 's/.*"energy":\([0-9.]*\).*/\1/p' patches/metrics.jsonl | head -1)
last=$(sed -n 's/.*"energy":\([0-9.]*\).*/\1/p' patches/metrics.jsonl | tail -1)
awk "BEGIN {exit !($last < $first)}" || fail "the energy rose from $first to $last"

# The second stage: the encoder learns from its energy, the dictionary of the first stays.
train 1 second stop_after=3 method.dictionary=lista/checkpoints/latest method.learn_dictionary=false \
    method.encoder_learns=energy

refuse() {
    local code=$1 text=$2
    shift 2
    expect "$code" "$text" "$basin" train sparse.yaml run=refused "$@"
    [ ! -e refused/checkpoints/latest ] || fail "a refused job left a checkpoint"
}
refuse 78 "makes all codes 0" penalty.lambda=1
refuse 78 "larger than the images" method.kernel=17
refuse 78 "odd kernel" method.kernel=4 method.border=same
refuse 78 "needs an encoder" encoder.name=none method.start=encoder
refuse 78 "did you mean 'lista'" encoder.name=listo
refuse 78 "border: full" method.dictionary_step=online method.border=same
refuse 78 "leaves the atoms to the optimizer" method.dictionary_step=online method.dictionary_rate=0
refuse 78 "l1 only, not for inhibition" penalty.name=inhibition penalty.unit=absolute solver.name=fista \
    method.encoder_learns=energy
refuse 78 "known" solver.name=simplex
refuse 78 "l1 only" penalty.name=top_k penalty.k=5
refuse 78 "GB in each rank" method.atoms=65536 method.kernel=9 method.border=free \
    encoder.name=tanh batch=160 workers=1

# Bare numbers: images of zeros, and one that holds a NaN.
head -c 16384 /dev/zero >constant.raw
"$basin" pack --raw f32le:8x8x1 constant.raw constant >log 2>&1 || { cat log; fail "pack --raw"; }
{ head -c 8192 /dev/zero; printf '\000\000\300\177'; head -c 8188 /dev/zero; } >nan.raw
expect 65 "NaN or infinite" "$basin" pack --raw f32le:8x8x1 nan.raw nan
train 2 constant-run data.train='constant-*.h5' data.augment=centred stop_after=2 batch=64
grep -q "all codes are 0" log || fail "constant images: no warning"
train 1 empty-run stop_after=2 penalty.unit=absolute penalty.lambda=1e6
grep -q "all codes are 0" log || fail "lambda above lambda_max: no warning"
