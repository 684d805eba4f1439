#!/usr/bin/env bash
# From a folder of JPEG and PNG files of any size to features: pack, train with ImageNet's stem,
# evaluate; and what is said about images that are broken.   usage: jpeg.sh BASIN MAKE_PHOTOS
source "$(dirname "$0")/fixture.sh"
make_photos=$2

mkdir photos
"$make_photos" photos
pack() { # RANKS DESTINATION ...
    local ranks=$1 destination=$2
    shift 2
    run_ranks "$ranks" "$basin" pack photos "$destination" --shard-size 8 --test-every 4 "$@" >log 2>&1 ||
        { cat log; fail "pack on $ranks ranks"; }
}
pack 1 data
pack 2 data2
diff -r data data2 || fail "two ranks pack other bytes than one"
grep -q "packed 36 images as they are, 3 classes, into 6 files" log || { cat log; fail "the summary"; }
rm data2/train-00001.h5
pack 2 data2
grep -q "5 of the shards were there already" log || { cat log; fail "whole shards are made again"; }
diff -r data data2 || fail "a pack that was continued has other bytes"

settings="batch=12 data.augment=moco_v2 data.size=32 model.net=resnet18 model.width=4 model.stem=imagenet
    method.queue=24 evaluate.knn.k=5"
first=""
for ranks in 1 2; do
    rm -rf run
    train $ranks run $settings stop_after=2
    this="$(hash_of run) $(grep -oE '"(knn_top1[a-z_]*|alignment|effective_rank)":[-0-9.]*' run/metrics.jsonl | tr '\n' ' ')"
    echo "ranks $ranks: $this"
    [ -n "$first" ] || first=$this
    [ "$this" = "$first" ] || fail "differs from the first line"
done
[[ $first == *knn_top1_pixels* ]] || fail "no floor"
run_ranks 2 "$basin" eval run >log 2>&1 || { cat log; fail "eval"; }
grep -q "kNN" log || { cat log; fail "eval says nothing"; }
"$basin" inspect --views "$job" views.png $settings >log 2>&1 || { cat log; fail "views"; }
"$basin" inspect --sheet 'data/train-*.h5' sheet.png >log 2>&1 || { cat log; fail "sheet"; }
expect 0 "JPEG, PNG or TIFF, up to " "$basin" inspect data/train-00000.h5

# both CODE TEXT key=value ...: `train` fails alike on one rank and on two.
both() {
    local code=$1 text=$2
    shift 2
    rm -rf run
    expect "$code" "$text" "$basin" train "$job" $settings "$@"
    expect "$code" "$text" on 2 "$basin" train "$job" $settings "$@"
    [ "$(grep -c 'basin: error' log)" = 1 ] || { cat log; fail "more than one error line"; }
}
both 78 "data.size: the images differ in size, up to 74 x 60 pixels" data.size=0
both 78 'axes are "NHWC"' data.axes=NCHW

# A flipped bit in the bytes of an image is found while training: all ranks stop.
cp -r data flipped
byte=$(od -An -tu1 -j 9000 -N 1 flipped/train-00001.h5)
printf "\\x$(printf %x $((byte ^ 16)))" | dd of=flipped/train-00001.h5 bs=1 seek=9000 conv=notrunc status=none
both 65 "flipped/train-00001.h5: sample " data.train='flipped/train-*.h5' data.test=
grep -q "is damaged: its CRC-32C is" log || { cat log; fail "the reason"; }
truncate -s 9000 flipped/train-00001.h5
both 65 "flipped/train-00001.h5" data.train='flipped/train-*.h5'

# A broken file in the middle of a folder, whichever rank meets it.
truncate -s 700 photos/class1/07.jpg
for ranks in 1 3; do
    expect 65 "photos/class1/07.jpg: broken JPEG" on $ranks "$basin" pack photos broken$ranks --shard-size 4 --test-every 4
    [ "$(grep -c 'basin: error' log)" = 1 ] || { cat log; fail "more than one error line"; }
    pack $ranks broken$ranks --shard-size 4 --bad skip
    grep -q "photos/class1/07.jpg: broken JPEG.*(left out)" log || { cat log; fail "not named"; }
    grep -q "warning: 1 broken or missing images were left out" log || { cat log; fail "not counted"; }
    diff -r broken1 broken$ranks || fail "other bytes on $ranks ranks"
done
expect 64 "give --force" "$basin" pack photos data --shard-size 8 --test-every 4
pack 2 data --force --bad skip
pack 2 squares --decode 20 --bad skip
expect 0 "20 x 20 pixels" "$basin" inspect squares/train-00000.h5
echo "folders of JPEG and PNG work"
