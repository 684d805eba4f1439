#!/usr/bin/env bash
# Every command that writes a file the user names: what exists stays without --force, an input and what is no file
# stay in any case, and each refusal is exit code 64.
source "$(dirname "$0")/fixture.sh"
"$basin" synth shapes data --train 48 --test 40 --size 16 2>/dev/null >/dev/null
cp data/test-00000.h5 data/test-00001.h5
sparse=$source_folder/tests/trainer/sparse.yaml
"$basin" train "$sparse" run=one stop_after=1 data.test= >log 2>&1 || fail "train: $(cat log)"
mkfifo pipe

# refuses TEXT FILE COMMAND ...: and FILE is what it was.
tried=0
refuses() {
    local text=$1 file=$2 before=none
    shift 2
    [ -p "$file" ] || before=$(md5sum "$file")
    expect 64 "$text" "$@"
    [ -p "$file" ] || [ "$before" = "$(md5sum "$file")" ] || fail "$file was written over: $*"
    [ "$file" != pipe ] || [ -p pipe ] || fail "the pipe was written over: $*"
    tried=$((tried + 1))
}

# of OUT INPUT COMMAND ... OUT-WORD: `@` in the command stands for the file to be written.
of() {
    local input=$1 words
    shift
    echo something >old
    words=("${@//@/old}")
    refuses "old exists already" old "${words[@]}"
    words=("${@//@/"$input"}")
    refuses "to be read" "$input" "${words[@]}" --force
    words=("${@//@/pipe}")
    refuses "a pipe" pipe "${words[@]}" --force
    words=("${@//@/old}")
    "${words[@]}" --force >log 2>&1 || fail "--force: $* $(cat log)"
    ! grep -qa "^something$" old || fail "--force does not replace: $*"
}

of data/test-00001.h5 "$basin" encode one 'data/test-*.h5' @
of one/job.yaml "$basin" encode one 'data/test-*.h5' @ --dense
of data/train-00000.h5 "$basin" dump "$job" 1 @ 'data.train=data/train-*.h5' data.test=
of data/test-00000.h5 "$basin" reconstruct one 'data/test-*.h5' @
of data/test-00000.h5 "$basin" inspect --sheet data/test-00000.h5 @
of data/train-00000.h5 "$basin" inspect --views "$job" @

# Inputs by a folder, a list and a file of names, from the job's own folder, and labels in a file of their own.
echo data/train-00000.h5 >names.txt
for words in data.train=data data.train=data/test-00000.h5,data/train-00000.h5 data.train=@names.txt; do
    refuses "to be read" data/train-00000.h5 "$basin" inspect --views "$job" data/train-00000.h5 --force "$words" data.test=
    refuses "to be read" data/train-00000.h5 "$basin" dump "$job" 1 data/train-00000.h5 --force "$words" data.test=
done
refuses "to be read" names.txt "$basin" dump "$job" 1 names.txt --force data.train=@names.txt data.test=
refuses "to be read" data/test-00000.h5 "$basin" encode one data data/test-00000.h5 --force
cp data/train-00000.h5 labels.h5
refuses "to be read" labels.h5 "$basin" dump "$job" 1 labels.h5 --force data.test= data.labels=labels.h5:/labels

# A pattern without quotes.
refuses "must stand in quotes" data/test-00001.h5 "$basin" encode one data/test-*.h5
refuses "in quotes" data/test-00001.h5 "$basin" encode one data/t*.h5
checkpoint=$(realpath one/checkpoints/latest)
refuses "to be read" "$checkpoint" on 2 "$basin" encode one 'data/test-*.h5' "$checkpoint" --force

refuses "exists already" data/test-00001.h5 "$basin" synth shapes data --train 0 --test 4 --size 16
head -c 64 /dev/zero >raw-00000.h5
refuses "to be read" raw-00000.h5 "$basin" pack raw-00000.h5 raw --raw u8:2x2x1 --force
[ -z "$(find . -name "*.partial-*")" ] || fail "a part of a file is left"
echo "$tried files that stay"
