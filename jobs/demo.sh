#!/usr/bin/env bash
# jobs/demo.sh -- from nothing to a trained net in a few minutes: installs what is missing, builds,
# makes the `shapes` data set, trains MoCo on two ranks and compares kNN accuracies.
#   bash jobs/demo.sh [FOLDER]        default: runs/demo
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-runs/demo}

bash jobs/packages.sh build
source jobs/mpi.sh
cmake --preset release >/dev/null
cmake --build --preset release --target basin -- -v | tail -n 1
basin=build/release/trainer/basin

mkdir -p "$folder"
rm -rf "$folder/run" "$folder/shapes"
"$basin" synth shapes "$folder/shapes"
run_ranks 2 "$basin" train jobs/demo.yaml run="$folder/run" \
    data.train="$folder/shapes/train-*.h5" data.test="$folder/shapes/test-*.h5"
run_ranks 2 "$basin" eval "$folder/run"
echo "run folder: $folder/run"
