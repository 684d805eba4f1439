#!/usr/bin/env bash
# Names with control characters, of folders, files, classes and runs: no command lets them reach the terminal, on either
# stream, or begin a line of their own.
source "$(dirname "$0")/fixture.sh"
evil=$'\e[31m\a\nbasin: error: forged'
tried=0

# quiet COMMAND ...: succeeds, and prints no control character but ends of lines, and no line that a name made.
quiet() {
    "$@" >printed 2>&1 || fail "$(printf '%q ' "$@"): $(cat -v printed)"
    ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' printed || fail "control characters: $(printf '%q ' "$@"): $(cat -v printed)"
    ! grep -q "^basin: error: forged" printed || fail "a line of a name's: $(printf '%q ' "$@"): $(cat -v printed)"
    tried=$((tried + 1))
}

mkdir "data$evil"
quiet "$basin" synth shapes "data$evil" --train 48 --test 40 --size 16
train="data$evil/train-00000.h5" test="data$evil/test-00000.h5"
quiet "$basin" inspect "$train"
quiet "$basin" inspect --sheet "$train" "sheet$evil.png"
quiet "$basin" train "$job" "run=run$evil" "data.train=$train" "data.test=$test" stop_after=2 method.queue=16 batch=16
quiet "$basin" train "$job" "run=run$evil" "data.train=$train" "data.test=$test" stop_after=3 method.queue=16 batch=16
quiet "$basin" inspect "run$evil"
quiet "$basin" inspect "run$evil/job.yaml"
quiet "$basin" eval "run$evil"
quiet "$basin" verify "run$evil" --from 2
quiet "$basin" plan "run$evil/job.yaml" --nodes 1 --steps 2
(eval "$(grep '^set -- ' printed)" && [ "$1" = "run$evil/job.yaml" ]) || fail "the script means another job: $(cat -v printed)"
quiet "$basin" dump "$job" 1 "dump$evil.h5" "data.train=$train" data.test= method.queue=16 batch=16
quiet "$basin" inspect "dump$evil.h5"
sparse=$source_folder/tests/trainer/sparse.yaml
quiet "$basin" train "$sparse" "run=sparse$evil" "data.train=$train" "data.test=$test" stop_after=1
quiet "$basin" encode "sparse$evil" "$test" "codes$evil.h5"
quiet "$basin" inspect "codes$evil.h5"
quiet "$basin" reconstruct "sparse$evil" "$test" "out$evil.png"
echo "$tried commands"
