#!/usr/bin/env bash
# tests/bench/step_beside_peer.sh -- by hand, on an idle machine: a MoCo step of ours and of another program, in turns.
#   usage: step_beside_peer.sh BASIN JOB.yaml TURNS PEER... >table.md
# JOB.yaml: a MoCo job, e.g. jobs/moco_cifar10.yaml. PEER...: the command of the other program; it is called with
#   NET WIDTH BATCH 1 [cl] [bf16]     net 18 (CIFAR stem, 32 x 32) or 50 (224 x 224), one thread, channels last, autocast
# and prints a line with its version, "N images/s" and "peak RSS N MB". The table has the rates and peak memory of all turns,
# and the median of the turns' ratios. PRECISIONS="fp32 bf16" and NETS="18x64 18x16 50x64" choose.
set -euo pipefail
basin=$1 job=$2 turns=$3
shift 3
peer=("$@")
export OMP_NUM_THREADS=1

number_before() { # UNIT: the number before it in the first such line on stdin
    grep -oE "[0-9.]+ $1" | head -1 | cut -d' ' -f1
}

median() { # of the numbers on stdin, a line each
    sort -n | awk '{x[NR] = $1} END {print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2}'
}

list() { # NUMBER ...: with commas
    local text
    text=$(printf '%s, ' "$@")
    printf '%s' "${text%, }"
}

compare() { # NAME PEER_ARGUMENTS PRECISION key=value ...
    local name=$1 arguments=$2 precision=$3 words=cl text
    local ours=() theirs=() ratios=() our_memory=() their_memory=()
    shift 3
    [ "$precision" = bf16 ] && words="cl bf16"
    for ((turn = 0; turn < turns; turn++)); do
        text=$("$basin" bench step "$job" workers=1 precision="$precision" "$@")
        ours+=("$(number_before images/s <<<"$text")")
        our_memory+=("$(sed -nE 's/.*peak memory ([0-9]+).*/\1/p' <<<"$text")")
        # shellcheck disable=SC2086
        text=$("${peer[@]}" $arguments 1 $words)
        version=$(cut -d' ' -f1,2 <<<"$text" | tail -1)
        theirs+=("$(number_before images/s <<<"$text")")
        their_memory+=("$(sed -nE 's/.*peak RSS ([0-9]+).*/\1/p' <<<"$text")")
        ratios+=("$(awk "BEGIN {print ${ours[-1]} / ${theirs[-1]}}")")
    done
    printf '| %s, %s | %s | %s | %.2f | %s | %s |\n' "$name" "$precision" "$(list "${ours[@]}")" "$(list "${theirs[@]}")" \
        "$(printf '%s\n' "${ratios[@]}" | median)" "$(printf '%s\n' "${our_memory[@]}" | median)" \
        "$(printf '%s\n' "${their_memory[@]}" | median)"
}

version=
echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(date +%F), $("$basin" --version | head -1)"
echo
echo "| images/s, one thread | Basin | peer | ratio | Basin, MB | peer, MB |"
echo "|---|---|---|---|---|---|"
for precision in ${PRECISIONS:-fp32 bf16}; do
    for net in ${NETS:-18x64 18x16 50x64}; do
        case $net in
        18x64) compare "ResNet-18 width 64, batch 64" "18 64 64" "$precision" model.width=64 batch=64 ;;
        18x16) compare "ResNet-18 width 16, batch 256" "18 16 256" "$precision" model.width=16 batch=256 ;;
        50x64) compare "ResNet-50, 224, batch 16" "50 64 16" "$precision" --size 224 --steps 5 \
            model.net=resnet50 model.stem=imagenet model.width=64 batch=16 ;;
        *) echo "$0: NETS: 18x64, 18x16 or 50x64, not $net" >&2 && exit 64 ;;
        esac
    done
done
echo
echo "peer: ${version:-none}, channels last; in turns, ratio: the median of the turns'; ${0##*/}"
