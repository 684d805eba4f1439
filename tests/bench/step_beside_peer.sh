#!/usr/bin/env bash
# tests/bench/step_beside_peer.sh -- by hand, on an idle machine: a MoCo step of ours and of another program, in turns.
#   usage: step_beside_peer.sh BASIN JOB.yaml TURNS PEER...
# JOB.yaml: a MoCo job, e.g. jobs/moco_cifar10.yaml. PEER...: the command of the other program; it is called with
#   NET WIDTH BATCH 1 [cl] [bf16]     net 18 (CIFAR stem, 32 x 32) or 50 (224 x 224), one thread, channels last, autocast
# and prints a line with "N images/s". Each program's best turn is shown for each size and precision.
set -euo pipefail
basin=$1 job=$2 turns=$3
shift 3
peer=("$@")
export OMP_NUM_THREADS=1

best() { # keeps the larger: OLD NEW
    awk "BEGIN {print ($2 > $1) ? $2 : $1}"
}

rate_of() { # of a table or a peer's line on stdin
    grep -oE '[0-9.]+ images/s' | head -1 | cut -d' ' -f1
}

compare() { # NAME PEER_ARGUMENTS PRECISION key=value ...
    local name=$1 arguments=$2 precision=$3 ours=0 theirs=0 words=cl
    shift 3
    [ "$precision" = bf16 ] && words="cl bf16"
    for ((turn = 0; turn < turns; turn++)); do
        ours=$(best "$ours" "$("$basin" bench step "$job" workers=1 precision="$precision" "$@" | rate_of)")
        # shellcheck disable=SC2086
        theirs=$(best "$theirs" "$("${peer[@]}" $arguments 1 $words | rate_of)")
    done
    awk "BEGIN {printf \"%-28s %-5s %9.2f %9.2f %6.2f\n\", \"$name\", \"$precision\", $ours, $theirs, $ours / $theirs}"
}

printf '%-28s %-5s %9s %9s %6s\n' "images/s, one thread" "" ours peer ratio
precisions=fp32
if why=$("$basin" bench step "$job" --steps 1 workers=1 batch=2 precision=bf16 2>&1 >/dev/null); then
    precisions="fp32 bf16"
else
    echo "bf16 left out: $why"
fi
for precision in $precisions; do
    compare "ResNet-18 width 64, batch 64" "18 64 64" $precision model.width=64 batch=64
    compare "ResNet-18 width 16, batch 256" "18 16 256" $precision model.width=16 batch=256
    compare "ResNet-50, 224, batch 16" "50 64 16" $precision --size 224 --steps 5 \
        model.net=resnet50 model.stem=imagenet model.width=64 batch=16
done
