#!/usr/bin/env bash
# jobs/csae_stack.sh -- three layers of convolutional sparse codes, and the image from each layer's codes alone.
#   usage: csae_stack.sh BASIN [RANKS=2] [key=value ...]      for all layers; in a folder with the shards of
#   jobs/csae_stack.yaml. Ends with runs/csae_stack/sheet.png and the PSNR of each level.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/mpi.sh"
basin=$1 ranks=${2:-2}
shift $(($# < 2 ? $# : 2))
runs=runs/csae_stack
job=$here/csae_stack.yaml

# next_layer LAYER ATOMS KERNEL LAMBDA: on the codes of the layer before.
next_layer() {
    local layer=$1 atoms=$2 kernel=$3 lambda=$4
    shift 4
    run_ranks "$ranks" "$basin" encode "$runs/layer$((layer - 1))" "$data" "$runs/codes$layer.h5" --dense --force
    data=$runs/codes$layer.h5
    run_ranks "$ranks" "$basin" train "$job" "$@" run="$runs/layer$layer" data.train="$data" data.augment=as_is \
        data.size=0 data.patches=0 method.atoms="$atoms" method.kernel="$kernel" penalty.lambda="$lambda"
}

data='shards/sparsenet-*.h5'
run_ranks "$ranks" "$basin" train "$job" "$@"
next_layer 1 48 5 0.2 "$@"
next_layer 2 64 5 0.1 "$@"
"$basin" reconstruct "$runs"/layer0 "$runs"/layer1 "$runs"/layer2 'shards/sparsenet-*.h5' "$runs/sheet.png" --force
