#!/usr/bin/env bash
# tests/bench/kill_and_resume.sh -- by hand, on real data: a run whose ranks are killed with -9 at random moments, and
# which goes on each time on another number of ranks, ends with the hash of the undisturbed run.
#   usage: kill_and_resume.sh BASIN JOB.yaml FOLDER RUNS [key=value ...]     the job's workers: a multiple of 4
# Prints a line a run: the moments of the kills in seconds, the ranks of each part, the hash.
set -euo pipefail
source "$(dirname "$0")/../../jobs/mpi.sh"
basin=$1 job=$2 folder=$3 runs=$4
shift 4

train() { # RANKS RUN [key=value ...]
    local ranks=$1 run=$2
    shift 2
    run_ranks "$ranks" "$basin" train "$job" run="$run" "$@"
}

hash_of() {
    "$basin" inspect --hash "$1/checkpoints/latest"
}

rm -rf "$folder"
mkdir -p "$folder"
start=$(date +%s.%N)
train 1 "$folder/whole" "$@" >"$folder/log" 2>&1
seconds=$(awk "BEGIN {print $(date +%s.%N) - $start}")
expected=$(hash_of "$folder/whole")
echo "undisturbed, 1 rank: $expected in $seconds s"
RANDOM=20
for ((i = 1; i <= runs; i++)); do
    run=$folder/run-$i line="" ranks=2
    for ((kill = 1; kill <= 2; kill++)); do
        moment=$(awk "BEGIN {print $seconds * (0.1 + 0.5 * $RANDOM / 32768)}")
        train "$ranks" "$run" "$@" >"$folder/log" 2>&1 &
        sleep "$moment"
        victim=$(pgrep -f "train $job run=$run " | shuf -n 1 --random-source=<(yes "$i$kill")) || true
        if [ -n "$victim" ]; then
            kill -9 "$victim" 2>/dev/null || true
        fi
        wait %% 2>/dev/null || true
        line="$line killed at $moment s of $ranks ranks;"
        ranks=$((ranks == 2 ? 4 : ranks == 4 ? 1 : 2))
    done
    train "$ranks" "$run" "$@" >"$folder/log" 2>&1
    found=$(hash_of "$run")
    echo "run $i:$line ended on $ranks: $found"
    [ "$found" = "$expected" ] || { echo "another hash than $expected" >&2; exit 1; }
done
echo "$runs runs, one hash"
