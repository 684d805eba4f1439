#!/usr/bin/env bash
# Those who read a run whose newest checkpoint is damaged take the one before, say so, and leave the folder as it is;
# a damaged checkpoint that is named itself is refused.
source "$(dirname "$0")/fixture.sh"
make_data

# flip FILE PLACE: a bit of it.
flip() {
    local byte
    byte=$(od -A n -t u1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# damaged RUN: its newest checkpoint gets a flipped bit; $older is the one before, $newest its name.
damage() {
    newest=$(readlink -f "$1/checkpoints/latest")
    older=$(ls "$1"/checkpoints/step-*.h5 | tail -n 2 | head -n 1)
    newest=$1/checkpoints/$(basename "$newest")
    flip "$newest" $(($(stat -c %s "$newest") / 2))
    listed=$(ls -l --time-style=full-iso "$1/checkpoints")
}

# reads TEXT COMMAND ...: it ends well, says TEXT and which checkpoint it has left alone, once, and has done so.
reads() {
    expect 0 "$@"
    [ "$(grep -c "warning: $newest: left as it is; an older checkpoint is looked for" log)" = 1 ] ||
        { cat log; fail "does not say once that $newest is damaged: $*"; }
    [ "$(ls -l --time-style=full-iso "$(dirname "$newest")")" = "$listed" ] || fail "the folder is changed: $*"
}

train 1 run evaluate.floors=false
damage run
reads "$older" "$basin" eval run evaluate.floors=false
cp log one
reads "$older" on 2 "$basin" eval run evaluate.floors=false
reads "$older: checkpoint" "$basin" inspect run
reads "$("$basin" inspect --hash "$older")" "$basin" inspect --hash run

job=$source_folder/tests/trainer/sparse.yaml
train 1 sparse schedule.epochs=2
damage sparse
reads "$older" "$basin" eval sparse
reads 'out.h5: codes of' on 2 "$basin" encode sparse 'data/test-*.h5' out.h5
reads 'PSNR' "$basin" reconstruct sparse 'data/test-*.h5' out.png

# Also where HDF5 would read it first: its own structures are at the beginning.
for place in 9 100 $(($(stat -c %s "$older") / 2)); do
    cp "$older" alone.h5
    flip alone.h5 "$place"
    expect 65 'alone.h5: is damaged' "$basin" inspect alone.h5
    expect 65 'alone.h5: is damaged' "$basin" inspect --hash alone.h5
done
flip "$older" 100
expect 65 'of its checkpoints none can be read' "$basin" eval sparse
expect 65 'of its checkpoints none can be read' on 2 "$basin" encode sparse 'data/test-*.h5' out.h5
mkdir -p empty/checkpoints
expect 66 'no checkpoints of a run' "$basin" inspect empty
cp run/job.yaml empty
expect 66 'has no checkpoint yet' "$basin" eval empty
