#!/usr/bin/env bash
# What people get wrong: one clear sentence, the documented exit code, on one rank and on two.
source "$(dirname "$0")/fixture.sh"
make_data

# both CODE TEXT key=value ...: `train` fails alike on one rank and on two.
both() {
    local code=$1 text=$2
    shift 2
    rm -rf run
    expect "$code" "$text" "$basin" train "$job" "$@"
    expect "$code" "$text" on 2 "$basin" train "$job" "$@"
    [ "$(grep -c 'basin: error' log)" = 1 ] || { cat log; fail "more than one error line"; }
}
expect 64 "did you mean 'train'" "$basin" trian "$job"
expect 64 "a job file is needed" "$basin" train
expect 66 "no-such.yaml" "$basin" train no-such.yaml
both 78 "did you mean 'temperature'" method.tempreature=0.2
both 78 "method.temperature" method.temperature=warm
both 78 "batch" batch=0
both 78 "did you mean 'resnet18'" model.net=resnet81
both 78 "multiple of 4" batch=50
both 78 "take a smaller batch" batch=4800
both 78 "augment" data.augment=moco_cifra
both 66 "nowhere-*.h5" data.train='nowhere-*.h5'
both 65 "/pictures" data.images=/pictures
both 78 "did you mean 'workers'" worker=2
expect 78 "workers" on 3 "$basin" train "$job" workers=4

cp -r data broken
truncate -s 5000 broken/train-00000.h5
both 65 "broken/train-00000.h5" data.train='broken/train-*.h5'
printf 'not HDF5 at all' | tee not-hdf5 >broken/train-00000.h5
both 65 "broken/train-00000.h5" data.train='broken/train-*.h5'

"$basin" synth shapes larger --train 60 --test 40 --size 24 >/dev/null 2>&1
mkdir mixed
cp data/train-00000.h5 mixed/train-a.h5
cp larger/train-00000.h5 mixed/train-b.h5
both 65 "mixed/train-b.h5" data.train='mixed/train-*.h5'

# A flipped bit in a sample is found while training: all ranks stop.
cp -r data flipped
middle=$(($(stat -c %s flipped/train-00000.h5) / 2))
byte=$(od -An -tu1 -j $middle -N 1 flipped/train-00000.h5)
printf "\\x$(printf %x $((byte ^ 16)))" | dd of=flipped/train-00000.h5 bs=1 seek=$middle conv=notrunc status=none
both 65 "flipped/train-00000.h5" data.train='flipped/train-*.h5' data.test=

# Help is found wherever it is asked for, and starts nothing.
expect 0 "usage: basin bench" "$basin" bench step --help
expect 0 "usage: basin train" on 2 "$basin" train no-such-job.yaml --help

expect 66 "data/job.yaml" "$basin" eval data
expect 66 "no-such-file.h5" "$basin" inspect no-such-file.h5
expect 65 "not-hdf5" "$basin" inspect not-hdf5

# A name cannot steer the terminal, in messages and on standard output.
name=$'evil\e[31m\nbasin: done'
cp data/test-00000.h5 "$name.h5"
echo text >"$name.yaml"
"$basin" inspect "$name.h5" >log 2>&1 || fail "inspect of an odd name: $(cat log)"
"$basin" inspect "$name.yaml" >>log 2>&1 && fail "a job of one word was read"
"$basin" train "$job" run=odd data.train="$name-*.h5" >>log 2>&1 && fail "no data, and no error"
grep -q $'\e' log && fail "an escape character reached the output: $(cat -v log)"
grep -q '^basin: done' log && fail "a name made a line of its own: $(cat -v log)"
grep -qF 'evil\x1b[31m\nbasin: done' log || fail "the name is not spelled: $(cat -v log)"
echo "every mistake is told"
