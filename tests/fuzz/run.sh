#!/usr/bin/env bash
# tests/fuzz/run.sh -- every harness for some seconds, from seeds that the program itself makes.
#   usage: bash tests/fuzz/run.sh BUILD [SECONDS] [HARNESS ...]     BUILD: made with -DBASIN_FUZZ=ON and clang
# Ends with 1 when an input crashed a harness; the input is then in BUILD/fuzz/NAME-crash-...
# HDF5 files: only damage that HDF5 1.10 itself survives can be told (see docs/reliability.md).
set -euo pipefail
build=$(realpath "$1") seconds=${2:-2}
shift $(($# < 2 ? $# : 2))
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(job proof idx cifar10 cifar100 tiff image shard checkpoint codes forged_checkpoint forged_shard)
source_folder=$(cd "$(dirname "$0")/../.." && pwd)
basin=$build/trainer/basin
# The undefined sanitizer would only tell of what it finds.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
folder=$build/fuzz
rm -rf "$folder/work"
mkdir -p "$folder/work" && cd "$folder/work"
for name in "${names[@]}"; do mkdir -p "$folder/$name"; done

make_seeds() {
    "$basin" synth shapes data --train 12 --test 4 --size 16 >/dev/null 2>&1
    "$basin" train "$source_folder/tests/trainer/small.yaml" run=run batch=4 schedule.epochs=1 model.width=2 model.dim=2 \
        method.queue=4 data.test= >/dev/null 2>&1
    mkdir -p "$folder/shard" "$folder/checkpoint" "$folder/codes" "$folder/job" "$folder/proof" "$folder/image" \
        "$folder/idx" "$folder/cifar10" "$folder/cifar100" "$folder/tiff"
    cp data/*.h5 "$folder/shard" && cp data/test-*.h5 "$folder/codes"
    cp -L run/checkpoints/latest "$folder/whole.h5"
    printf '\1\0\0\0\1\0' >"$folder/checkpoint/one"
    cp "$source_folder"/jobs/*.yaml run/job.yaml "$folder/job"
    head -n 12 run/proof.jsonl >"$folder/proof/one"
    printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2abcdefgh' >"$folder/idx/one"
    head -c 6146 /dev/zero >"$folder/cifar10/one"
    head -c 6148 /dev/zero >"$folder/cifar100/one"
    cp run/pictures/*.png "$folder/image" 2>/dev/null || true
    python3 - "$folder/image" "$folder/tiff" <<'END'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
pixels = zlib.compress(b"".join(b"\0" + bytes(range(12)) for _ in range(4)))
def tiff(order, bits, samples, pages):
    file, numbers = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8), bytes(range(4 * 4 * samples * bits // 8))
    for page in range(pages):
        tags = [(256, 4), (257, 4), (258, bits), (259, 1), (262, 1), (273, len(file) + 2 + 9 * 12 + 4), (277, samples),
                (278, 4), (279, len(numbers))]
        file += struct.pack(order + "H", len(tags))
        for tag, value in tags:
            file += struct.pack(order + "HHII", tag, 4, 1, value)
        end = len(file) + 4 + len(numbers)
        file += struct.pack(order + "I", end if page + 1 < pages else 0) + numbers
    return file
for name, seed in (("a", ("<", 8, 1, 1)), ("b", (">", 16, 3, 1)), ("c", ("<", 32, 2, 3))):
    for folder in (sys.argv[1], sys.argv[2]):
        open(f"{folder}/{name}.tif", "wb").write(tiff(*seed))
open(sys.argv[1] + "/one.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
END
}
make_seeds
export CHECKPOINT=$folder/whole.h5
failed=0
for name in "${names[@]}"; do
    echo "== $name, $seconds s"
    options=(-max_len=65536)
    # A file of a few changes, quickly: what commands print is not wanted, and they may ask for more memory than there is.
    [[ $name != forged_* ]] || options=(-max_len=256 -len_control=0 -close_fd_mask=2 -entropic=0 -malloc_limit_mb=1000000)
    "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 "${options[@]}" -print_final_stats=1 \
        -artifact_prefix="$folder/$name-" "$folder/$name" >"$folder/$name.log" 2>&1 || failed=1
    grep -E "number_of_executed_units|ERROR|SUMMARY|Test unit written" "$folder/$name.log" || true
done
exit $failed
