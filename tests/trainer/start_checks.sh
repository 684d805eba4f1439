#!/usr/bin/env bash
# What a training checks before its first step: ranks of one kind, with one data set, as many as Slurm has started;
# and what it tells: where the ranks run.
source "$(dirname "$0")/fixture.sh"
make_data
steps=(schedule.epochs=1 evaluate.floors=false data.test=)
find_launcher
both() { # FIRST-ENVIRONMENT SECOND-ENVIRONMENT [key=value of the second rank]
    "${launcher[@]}" \
        -n 1 env $1 "$basin" train "$job" run=both "${steps[@]}" : \
        -n 1 env $2 "$basin" train "$job" run=both "${steps[@]}" ${3:-}
}
code=0
both OPENBLAS_CORETYPE=Haswell OPENBLAS_CORETYPE=Sandybridge >log 2>&1 || code=$?
[ "$code" = 78 ] || { cat log; fail "other instructions: exit code $code instead of 78"; }
grep -q 'error on rank 1 (host .*instruction set of this rank: ".*Sandybridge", of rank 0 (host .*Haswell"' log ||
    { cat log; fail "other instructions are not told"; }

# A processor that OpenBLAS does not know is not taken for one of 2004, unless that is asked for.
if grep -qm 1 ' avx2 ' /proc/cpuinfo; then
    expect 0 'step 3 of 3' env -u OPENBLAS_CORETYPE "$basin" train "$job" run=fast "${steps[@]}"
    ! grep -q 'OpenBLAS Prescott' fast/run.json || fail "slow kernels for a fast processor"
    expect 0 'step 3 of 3' env OPENBLAS_CORETYPE=Prescott "$basin" train "$job" run=slow "${steps[@]}"
    grep -q 'OpenBLAS Prescott' slow/run.json || fail "not the kernels that were asked for"
fi

# Each rank sees a file of its own under one name.
mkdir here there
cp data/train-*.h5 here
"$basin" synth shapes other --train 160 --test 40 --size 16 --seed 5 >/dev/null 2>&1
cp other/train-*.h5 there
job_data=$(basename here/train-*.h5)
code=0
"${launcher[@]}" \
    -n 1 -wdir here "$basin" train "$job" run="$folder/data-run" "${steps[@]}" data.train="$job_data" : \
    -n 1 -wdir there "$basin" train "$job" run="$folder/data-run" "${steps[@]}" data.train="$job_data" >log 2>&1 || code=$?
[ "$code" = 78 ] || { cat log; fail "other data: exit code $code instead of 78"; }
grep -q 'the training data of this rank is not that of rank 0' log || { cat log; fail "other data are not told"; }

expect 64 'srun --mpi=pmix' env SLURM_STEP_NUM_TASKS=4 "$basin" train "$job" run=alone "${steps[@]}"
expect 64 'belongs to another MPI library' env PMI_SIZE=2 "$basin" train "$job" run=alone "${steps[@]}"
expect 0 'on processors' env SLURM_STEP_NUM_TASKS=4 BASIN_ALLOW_SINGLE=1 "$basin" train "$job" run=alone "${steps[@]}"
expect 0 'ranks 0-1 together on processors' on 2 "$basin" train "$job" run=told "${steps[@]}"
[ "$(grep -c 'on processors' log)" = 1 ] || fail "bindings are not told once"
expect 0 'rank 0 (host' "$basin" train "$job" run=threads "${steps[@]}" threads=$(($(nproc) + 1))
many=$(($(nproc) + 1))
expect 0 'more ranks than processors (by 1)' on "$many" "$basin" train "$job" run=many "${steps[@]}" workers="$many" \
    batch=$((12 * many))
