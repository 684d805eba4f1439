#!/usr/bin/env bash
# tests/trainer/views.sh -- inspect --views draws a sheet of the right size, the same one every time,
# for colour, grey and other data, and says what is wrong with a bad call.
source "$(dirname "$0")/fixture.sh"

png_size() { # width height
    od -An -tu1 -j16 -N8 "$1" | awk '{print $3 * 256 + $4, $7 * 256 + $8}'
}

make_data
"$basin" inspect --views "$job" first.png
"$basin" inspect --views "$job" again.png batch=16
cmp first.png again.png || fail "a sheet depends on what has nothing to do with views"
[ "$(png_size first.png)" = "608 540" ] || fail "size of 9 x 8 cells of 16, four times: $(png_size first.png)"

"$basin" inspect --views "$job" v3.png data.augment=moco_v3 data.size=24
[ "$(png_size v3.png)" = "448 398" ] || fail "size of 9 x 8 cells of 24, twice: $(png_size v3.png)"
"$basin" inspect --views "$job" seed.png seed=99
cmp -s first.png seed.png && fail "another seed, the same sheet"

# five grey images of 12 x 12 as idx files
{ printf '\0\0\010\003\0\0\0\005\0\0\0\014\0\0\0\014'; head -c 720 "$basin"; } >grey-images-idx3-ubyte
printf '\0\0\010\001\0\0\0\005\0\001\002\003\004' >grey-labels-idx1-ubyte
"$basin" pack grey-images-idx3-ubyte grey >/dev/null 2>message || fail "pack: $(cat message)"
"$basin" inspect --views "$job" grey.png 'data.train=grey*.h5' data.augment=microscopy
[ "$(png_size grey.png)" = "580 320" ] || fail "size of 9 x 5 cells of 12, five times: $(png_size grey.png)"

"$basin" inspect --views "$job" natural.png data.augment=natural data.size=8 data.patches=3
[ "$(png_size natural.png)" = "640 568" ] || fail "size of 9 x 8 cells of 8, eight times: $(png_size natural.png)"

"$basin" inspect --views "$job" bad.png 'data.train=grey*.h5' 2>message && fail "an RGB recipe took grey data"
grep -q "data.augment=intensity" message || fail "no advice: $(cat message)"
"$basin" inspect --views "$job" bad.png moco_v3 2>message && fail "took a word that is no override"
grep -q "key=value" message || fail "no advice: $(cat message)"
[ ! -e bad.png ] || fail "a failed sheet was written"
