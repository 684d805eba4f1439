#!/usr/bin/env bash
# Codes of a sparse run: evaluated, written and drawn, the same on any number of ranks.
source "$(dirname "$0")/fixture.sh"
"$basin" synth shapes data --train 48 --test 40 --size 16 2>/dev/null >/dev/null
job=$source_folder/tests/trainer/sparse.yaml

line_of() { grep -o '"test_samples.*' "$1/metrics.jsonl" | tail -1; }

train 1 one
train 2 two
[ -n "$(line_of one)" ] || fail "no line of test data"
[ "$(line_of one)" = "$(line_of two)" ] || fail "test data: $(line_of one) and $(line_of two)"
grep -q "40 test samples: energy" log || fail "nothing of test data in the log"

"$basin" eval one >first 2>log || fail "eval: $(cat log)"
on 2 "$basin" eval one >second 2>log || fail "eval on 2 ranks: $(cat log)"
cmp first second || fail "eval differs between 1 and 2 ranks"
energy=$(sed 's/.*"test_energy":\([0-9.]*\).*/\1/' <<<"$(line_of one)")
awk -v e="$energy" '$1 == "energy" { exit !(($2 - e) ^ 2 < 1e-6 * e ^ 2) }' first || fail "not the energy $energy: $(cat first)"
expect 0 "codes of 7 test samples" "$basin" eval one evaluate.codes=7

# encode
encode_twice() { # NAME [option ...]: on 1 and on 2 ranks, the same file
    local name=$1
    shift
    "$basin" encode one 'data/test-*.h5' "$name.1.h5" "$@" >log 2>&1 || fail "encode $*: $(cat log)"
    on 2 "$basin" encode one 'data/test-*.h5' "$name.2.h5" "$@" >log 2>&1 || fail "encode $* on 2 ranks: $(cat log)"
    cmp "$name.1.h5" "$name.2.h5" || fail "encode $*: 1 and 2 ranks write different files"
}
encode_twice sparse
encode_twice guess --encoder
encode_twice film --frames
encode_twice dense --dense
encode_twice pooled --dense --rectify --normalise --pool 2
cmp -s sparse.1.h5 film.1.h5 && fail "frames do not start at the one before"
cmp -s sparse.1.h5 guess.1.h5 && fail "the encoder's codes are those of inference"
"$basin" inspect sparse.1.h5 >listed
grep -q "^/row_offsets (41 uint64)" listed || fail "row_offsets: $(cat listed)"
entries=$(sed -n 's/^\/value (\([0-9]*\) float32)/\1/p' listed)
share=$(awk '/codes not 0/ { print $4 }' first)
awk -v n="$entries" -v s="$share" 'BEGIN { exit !((n / (40 * 8 * 256) - s) ^ 2 < 1e-11) }' ||
    fail "$entries entries, but a share of $share"
expect 0 "8 x 8 pixels, 8 channels, float32" "$basin" inspect pooled.1.h5
expect 0 "10 classes" "$basin" inspect pooled.1.h5

# reconstruct
png_width() { od -An -tu1 -j16 -N4 "$1" | awk '{print $3 * 256 + $4}'; }
"$basin" reconstruct one 'data/test-*.h5' one.png >table 2>log || fail "reconstruct: $(cat log)"
[ "$(png_width one.png)" = 540 ] || fail "width of 8 cells of 16, four times: $(png_width one.png)"
[ "$(grep -c '^ *[0-9]' table)" = 16 ] || fail "not 16 views: $(cat table)"
on 2 "$basin" reconstruct one 'data/test-*.h5' two.png >second 2>log || fail "reconstruct on 2 ranks: $(cat log)"
cmp table second && cmp one.png two.png || fail "reconstruct differs between 1 and 2 ranks"

# A stack: each level leaves out more.
below=one files='data/train-*.h5'
for level in 1 2; do
    "$basin" encode "$below" "$files" "z$level.h5" --dense >log 2>&1 || fail "encode: $(cat log)"
    train 1 "level$level" data.train="z$level.h5" data.test= data.augment=as_is method.atoms=12 method.kernel=1
    below=level$level files=z$level.h5
done
"$basin" reconstruct one level1 level2 'data/test-*.h5' stack.png >table 2>log || fail "stack: $(cat log)"
awk '$1 == "mean" { exit !(NF == 4 && $2 < $3 && $3 < $4) }' table || fail "PSNR does not rise: $(cat table)"
# Almost free codes leave out almost nothing, at any level.
"$basin" reconstruct one level1 level2 'data/test-*.h5' free.png penalty.lambda=0.001 method.alpha=0 >free 2>log || fail "stack: $(cat log)"
awk '$1 == "mean" { exit !($2 > 30) }' free || fail "a level loses the image: $(cat free)"
[ "$(png_width stack.png)" = 268 ] || fail "width of 4 cells of 16, four times: $(png_width stack.png)"
[ "$(awk '$1 == "mean" { print $4 }' table)" = "$(awk '$1 == "mean" { print $2 }' second)" ] || fail "Z0 is not that of the run alone"

# What is wrong is said.
expect 64 "expected RUN DATA OUT.h5" "$basin" encode one
expect 64 "add it" "$basin" encode one 'data/test-*.h5' no.h5 --pool 2
expect 64 "smaller --pool" "$basin" encode one 'data/test-*.h5' no.h5 --dense --pool 99
expect 64 "expected RUN... DATA OUT.png" "$basin" reconstruct one
expect 64 "is not an override" "$basin" reconstruct one 'data/test-*.h5' no.png threads=1 word
expect 78 "data.augment=as_is" "$basin" reconstruct one one 'data/test-*.h5' no.png
expect 65 "float32 (12, 8, 1, 1)" "$basin" reconstruct one level2 'data/test-*.h5' no.png
expect 66 "absent" on 2 "$basin" reconstruct absent 'data/test-*.h5' no.png
expect 66 "absent" "$basin" encode absent 'data/test-*.h5' no.h5
expect 66 "absent-*.h5" on 2 "$basin" encode one 'absent-*.h5' no.h5
head -c 720 "$basin" >bytes
"$basin" pack --raw u8:12x12x1 bytes grey 2>log >/dev/null || fail "pack: $(cat log)"
expect 65 "data.test must be like data.train" on 2 "$basin" train "$job" run=other data.test='grey*.h5'
job=$small_job
train 1 moco stop_after=1 data.test=
expect 78 "which has no codes; take a run of method sparse" on 2 "$basin" encode moco 'data/test-*.h5' no.h5
[ ! -e no.h5 ] && [ ! -e no.png ] || fail "a failed command left a file"
echo "codes are the same everywhere"
