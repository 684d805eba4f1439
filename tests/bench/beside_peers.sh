#!/usr/bin/env bash
# tests/bench/beside_peers.sh -- by hand, on an idle machine: what Basin and the programs that people would run instead do, in
# turns, as the tables of docs/performance.md.
#   usage: beside_peers.sh BUILD JOBS PEERS PYTHON TURNS [SECTION ...] >tables.md
# BUILD: a build of Basin, e.g. build/release. JOBS: the job files' folder. PEERS: moco_step_torch.py, fista_torch.py. PYTHON:
# has torch and torchvision. It runs in a folder with the data of the jobs: cifar10/ (README.md), imagenette/ shards, and for
# torchvision PHOTOS (class/*.JPEG, 224 x 224). SECTION, all by default:
#   step     a MoCo step on one thread, memory, optimizer         sum    the exact sum on 2 and 4 ranks
#   solver   FISTA of 64 atoms 9 x 9 x 3                          ranks  two ranks beside one
#   views    augmented views, JPEG decoded                        start  start to the end of the first step, wait for data
# Ratios are the median of the turns'. Environment: PRECISIONS="fp32 bf16", NETS="18x64 18x16 50x64", PHOTOS.
set -euo pipefail
[ $# -ge 5 ] || { sed -n 's/^#   usage: /usage: /p' "$0" >&2 && exit 64; }
build=$1 jobs=$2 peers=$3 python=$4 turns=$5
shift 5
sections=("$@")
[ ${#sections[@]} -gt 0 ] || sections=(step solver views sum ranks start)
basin=$build/trainer/basin
cifar=$jobs/moco_cifar10.yaml photos_job=$jobs/moco_imagenette.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1

number_before() { # UNIT: the number before it in the first such line on stdin
    grep -oE "[0-9.]+ $1" | head -1 | cut -d' ' -f1
}

number_behind() { # WORDS: the number behind them
    grep -oE "$1 *[0-9.]+" | head -1 | grep -oE '[0-9.]+$'
}

median() { # of the numbers on stdin, a line each
    sort -n | awk '{x[NR] = $1} END {print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2}'
}

list() { # NUMBER ...: with commas
    local text
    text=$(printf '%s, ' "$@")
    printf '%s' "${text%, }"
}

# NAME WANTED OURS_FUNCTION THEIRS_FUNCTION [over|under] [ARGUMENT ...]: a row, functions print a number; rates are compared
# ours over theirs, times (under) theirs over ours. Both get the arguments.
compare() {
    local name=$1 wanted=$2 our_function=$3 their_function=$4 how=$5 ours=() theirs=() ratios=()
    shift 5
    for ((turn = 0; turn < turns; turn++)); do
        ours+=("$("$our_function" "$@")")
        theirs+=("$("$their_function" "$@")")
        if [ "$how" = over ]; then
            ratios+=("$(awk "BEGIN {printf \"%.3f\", ${ours[-1]} / ${theirs[-1]}}")")
        else
            ratios+=("$(awk "BEGIN {printf \"%.3f\", ${theirs[-1]} / ${ours[-1]}}")")
        fi
    done
    printf '| %s | %s | %s | %.2f | %s |\n' "$name" "$(list "${ours[@]}")" "$(list "${theirs[@]}")" \
        "$(printf '%s\n' "${ratios[@]}" | median)" "$wanted"
}

table() { # TITLE OURS THEIRS
    printf '\n| %s | %s | %s | ratio | wanted |\n|---|---|---|---|---|\n' "$1" "$2" "$3"
}

# Arguments of a step: PEER_ARGUMENTS PRECISION key=value ...; what either printed last stays in the folder.
our_step() {
    local precision=$2
    shift 2
    "$basin" bench step "$cifar" workers=1 precision="$precision" "$@" >"$folder/ours"
    number_before images/s <"$folder/ours"
}

their_step() {
    local words=cl
    [ "$2" = bf16 ] && words="cl bf16"
    # shellcheck disable=SC2086
    "$python" "$peers/moco_step_torch.py" $1 1 $words >"$folder/theirs"
    number_before images/s <"$folder/theirs"
}

compare_step() { # NAME WANTED_FP32 WANTED_BF16 PRECISION PEER_ARGUMENTS key=value ...
    local name=$1 wanted=$2 precision=$4 arguments=$5
    [ "$precision" = bf16 ] && wanted=$3
    shift 5
    compare "$name, $precision, images/s" "$wanted" our_step their_step over "$arguments" "$precision" "$@"
    printf '| its peak memory, MB | %s | %s | | |\n' "$(number_behind 'peak memory' <"$folder/ours")" \
        "$(number_behind 'peak RSS' <"$folder/theirs")"
    printf '| its optimizer, of copy-add | %s | | | 0.8 |\n' "$(awk '/^optimizer/ {print $NF}' "$folder/ours")"
}

run_step() {
    table "MoCo step, one thread" Basin "$(cut -d' ' -f1,2 <<<"torch $("$python" -c 'import torch; print(torch.__version__)')"), channels last"
    for precision in ${PRECISIONS:-fp32 bf16}; do
        for net in ${NETS:-18x64 18x16 50x64}; do
            case $net in
            18x64) compare_step "ResNet-18 width 64, batch 64" 1.75 1.2 "$precision" "18 64 64" model.width=64 batch=64 ;;
            18x16) compare_step "ResNet-18 width 16, batch 256" 1.6 1.35 "$precision" "18 16 256" model.width=16 batch=256 ;;
            50x64) compare_step "ResNet-50, 224, batch 16" 1.4 1.2 "$precision" "50 64 16" --size 224 --steps 5 \
                model.net=resnet50 model.stem=imagenet model.width=64 batch=16 ;;
            *) echo "$0: NETS: 18x64, 18x16 or 50x64, not $net" >&2 && exit 64 ;;
            esac
        done
    done
}

# An iteration's products are twice 64 x 243 x 24 x 24 multiply-adds, whatever is skipped of them.
our_solver() {
    SOLVER=fista "$build/tests/bench/bench_solver" 64 32 64 3 | grep 'gap 0.044' >"$folder/ours"
    number_before images/s <"$folder/ours"
}
their_solver() { "$python" "$peers/fista_torch.py" 64 3 32 64 50 | number_before images/s; }

run_solver() {
    table "FISTA, 64 atoms 9 x 9 x 3, images of 32 x 32" Basin PyTorch
    compare "images/s to a gap of 0.044" "" our_solver their_solver over
    local peak rate iterations
    peak=$("$basin" bench kernels --repeats 1 | number_behind multiply-adds)
    rate=$(number_before images/s <"$folder/ours") iterations=$(number_before iterations <"$folder/ours")
    awk "BEGIN {g = $rate * $iterations * 4 * 64 * 243 * 576 * 1e-9; printf \"| GFLOP/s, and the processor's | %.0f | %.0f | %.2f | 0.6 |\n\", g, $peak, g / $peak}"
}

our_view() { "$basin" bench data "$1" "${@:3}" | number_before 'us a view'; }
their_view() {
    # shellcheck disable=SC2086
    "$python" "$(dirname "$0")/views_torchvision.py" $2 pil | number_before 'us a view'
}
our_photos() { "$basin" bench data "$photos_job" data.size=224 | number_before images/s; }
their_photos() { "$python" "$(dirname "$0")/views_torchvision.py" "$PHOTOS" 224 pil | number_before images/s; }
our_reads() { "$basin" bench data "$@" --images 8000 >"$folder/ours" && awk '/^read, warm/ {print $4}' "$folder/ours"; }
their_reads() { awk '/^read, warm/ {print $NF}' "$folder/ours" | tr -dc 0-9.; }

run_views() {
    local big="data.train=$folder/big/train-*.h5"
    head -c $((64 * 400 * 500 * 3)) /dev/urandom >"$folder/big.raw"
    mkdir "$folder/big"
    "$basin" pack --raw u8:400x500x3 "$folder/big.raw" "$folder/big/train" >/dev/null 2>&1
    table "moco_v2, µs a view" Basin "torchvision, PIL images"
    compare "32 x 32" 15 our_view their_view under "$cifar" "32x32 32" data.augment=moco_v2
    compare "224 x 224 of 400 x 500" 15 our_view their_view under "$photos_job" "400x500 224" data.size=224 "$big" data.test=
    if [ -n "${PHOTOS:-}" ]; then
        compare "224 x 224 of photographs" 15 our_view their_view under "$photos_job" "$PHOTOS 224" data.size=224
        compare "JPEG to two views, images/s" 5 our_photos their_photos over
    fi
    table "reading, warm, GB/s" Basin pread
    compare "CIFAR-10" 0.8 our_reads their_reads over "$cifar"
}

# Arguments: RANKS KILOBYTES. A run has all sizes.
sums_column() {
    awk -v kb="$2" -v column="$3" '/^exact sum/ && $3 * ($4 == "MB" ? 1024 : 1) == kb {print $column}' \
        "$folder/sums.$1.$turn"
}
our_sum() { sums_column "$1" "$2" 5; }
their_sum() { sums_column "$1" "$2" 6; }

run_sum() {
    table "sum, ms" Basin MPI_Allreduce
    local ranks kilobytes wanted
    for ranks in 2 4; do
        for ((turn = 0; turn < turns; turn++)); do
            mpirun --oversubscribe -n $ranks "$basin" bench comm 2>/dev/null >"$folder/sums.$ranks.$turn"
        done
        for kilobytes in 64 1024 4096 65536; do
            wanted=1
            [ $kilobytes = 65536 ] && wanted=$((ranks == 2 ? 5 : 2))
            compare "$ranks ranks, $kilobytes kB" $wanted our_sum their_sum under $ranks $kilobytes
        done
    done
}

our_pair() { mpirun -n 2 "$basin" bench step "$cifar" workers=2 "$@" 2>/dev/null | number_before images/s; }
our_single() { "$basin" bench step "$cifar" workers=1 "$@" | number_before images/s; }

run_ranks() {
    table "images/s" "2 ranks" "1 rank"
    compare "ResNet-18 width 16, batch 256" 1.9 our_pair our_single over model.width=16 batch=256
    compare "ResNet-18 width 64, batch 128" 1.9 our_pair our_single over model.width=64 batch=128
}

# Seconds from the shell's start of mpirun to its end.
start_once() {
    local before
    before=$(date +%s.%N)
    mpirun -n 2 "$basin" train "$cifar" data.test= stop_after="$1" log_every=1 run="$folder/run" >/dev/null 2>&1
    awk "BEGIN {printf \"%.2f\", $(date +%s.%N) - $before}"
    cp "$folder/run/metrics.jsonl" "$folder/metrics"
    rm -rf "$folder/run"
}

run_start() {
    local times=() share
    for ((turn = 0; turn < turns; turn++)); do times+=("$(start_once 1)"); done
    start_once 30 >/dev/null
    share=$(grep -oE '"data":[^,]*|"(forward|backward)":[^,]*' "$folder/metrics" |
        awk -F: '{sum += $2} /data/ {wait += $2} END {printf "%.4f", wait / sum}')
    printf '\n| two ranks, CIFAR-10 | | wanted |\n|---|---|---|\n'
    printf '| s to the end of the first step | %s | 1.5 |\n| share of a step that waits for data | %s | 0.02 |\n' \
        "$(list "${times[@]}")" "$share"
}

echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(date +%F), $("$basin" --version | head -1), ${0##*/} $turns ${sections[*]}"
for section in "${sections[@]}"; do "run_$section"; done
