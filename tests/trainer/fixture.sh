# tests/trainer/fixture.sh -- sourced by the end-to-end tests: a folder of their own with tiny data,
# the program, and checks.   usage of a test: TEST.sh BASIN
set -euo pipefail
basin=$1
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$source_folder/jobs/mpi.sh"
job=$source_folder/tests/trainer/small.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

make_data() {
    "$basin" synth shapes data --train 160 --test 40 --size 16 2>/dev/null >/dev/null
}

# The job without MoCo's own keys becomes $job, for other methods.
small_job=$job
make_plain_job() {
    sed '/^method:/d' "$small_job" >plain.yaml
    job=$folder/plain.yaml
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# train RANKS RUN [key=value ...]: quiet unless it fails.
train() {
    local ranks=$1 run=$2
    shift 2
    run_ranks "$ranks" "$basin" train "$job" run="$run" "$@" >log 2>&1 || { cat log; fail "train on $ranks ranks"; }
}

hash_of() {
    "$basin" inspect --hash "$1/checkpoints/latest"
}

# Lines of a run's metrics without times, which are all that may differ from an undisturbed run's.
records() { sed -E 's/,"images_per_s":[^,]*//; s/,"seconds":\{[^}]*\}//; s/,"busy":\{[^}]*\}//' "$1/metrics.jsonl"; }

# `on RANKS COMMAND ...` as a program, for timeout.
mkdir bin
cat >bin/on <<END
#!/usr/bin/env bash
source "$source_folder/jobs/mpi.sh"
run_ranks "\$@"
END
chmod +x bin/on
PATH=$folder/bin:$PATH

# expect CODE TEXT COMMAND ...: it ends with this exit code and says this, once.
expect() {
    local code=$1 text=$2 got=0
    shift 2
    timeout 60 "$@" >log 2>&1 || got=$?
    [ "$got" = "$code" ] || { cat log; fail "exit code $got instead of $code: $*"; }
    grep -qF -- "$text" log || { cat log; fail "says nothing like '$text': $*"; }
}
