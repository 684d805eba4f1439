#!/usr/bin/env bash
# Under a real Slurm (slurmctld, slurmd and munged of our own): submit jobs/train.sbatch, the signal before the time limit,
# checkpoint, exit 75, requeue, resume, end; the hash is that of an uninterrupted run. The same by mpirun, and an array.
source "$(dirname "$0")/fixture.sh"
source "$source_folder/tests/trainer/slurm_cluster.sh"
[[ "$("${BASIN_LAUNCHER:-mpirun}" --version)" != *HYDRA* ]] || export SLURM_MPI_TYPE=pmi2 # MPICH 4.0 knows no pmix
trap 'slurm_stop; rm -rf "$folder"' EXIT
code=0
slurm_start || code=$?
[ "$code" = 0 ] || exit "$code"
make_data
PATH=$(dirname "$basin"):$PATH
export OMPI_MCA_mpi_yield_when_idle=1

# The script is the job that is queued; only its size is for this machine. $job is read anew at each start.
submit() { # SCRIPT SECONDS-OF-THE-SIGNAL [option ...] -- [key=value ...]
    local script=$1 signal=$2 options=()
    shift 2
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    sbatch --parsable --nodes=1 --ntasks-per-node=2 --cpus-per-task=1 --time=1 --signal="$signal" --output=%x-%A-%a.out \
        "${options[@]}" "$source_folder/jobs/$script" "$folder/job.yaml" "$@"
}

state_of() { scontrol show job "$1" | grep -o 'JobState=[A-Z]*' | cut -d = -f 2; }

wait_for() { # SECONDS WHAT COMMAND ...
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq $((seconds * 10))); do
        "$@" && return
        sleep 0.1
    done
    cat ./*.out "$slurm_folder/slurmctld.log"
    fail "not within $seconds s: $what"
}

is_state() { [ "$(state_of "$1")" = "$2" ]; }

# ranks_of RUN: their process ids.
ranks_of() { pgrep -f "^[^ ]*basin train $folder/job.yaml .*run=$1( |$)"; }

# Back in the queue; a stopped rank that has the signal (USR1 is bit 9) may go on, if Slurm has not seen to it.
is_requeued() { # RUN ID
    local rank pending
    for rank in $(ranks_of "$1"); do
        pending=$(sed -n 's/^ShdPnd:[[:space:]]*//p' "/proc/$rank/status" 2>/dev/null) || continue
        [ $((0x${pending:-0} & 0x200)) = 0 ] || kill -CONT "$rank"
    done
    is_state "$2" PENDING
}

# Slurm takes the late word of a job's first script that it has ended for that of its second, should that run already.
is_left() { ! pgrep -f "^slurmstepd: \\[$1\\." >/dev/null; }

# The ranks sleep until the time limit is near, so that this test computes little. Then the job comes back to the
# queue, and ends after two more steps.
limited() { # RUN SCRIPT SIGNAL
    local run=$1 id rank
    cp "$small_job" job.yaml
    id=$(submit "$2" "$3" -- run="$run" schedule.epochs=100000 evaluate.floors=false data.test=)
    wait_for 60 "$run: a first step" test -s "$run/metrics.jsonl"
    for rank in $(ranks_of "$run"); do kill -STOP "$rank"; done
    wait_for 120 "$run: the signal before the time limit, and back in the queue" is_requeued "$run" "$id"
    grep -q 'was sent signal 10' "basin-$id-4294967294.out" || fail "$run: does not tell of the signal"
    last=$(($(grep -o '"step":[0-9]*' "$run/run.json" | cut -d : -f 2) + 2))
    sed -i "s/^log_every:.*/&\nstop_after: $last/" job.yaml
    wait_for 60 "$run: the end of the first start's script" is_left "$id"
    scontrol update JobId="$id" StartTime=now # else Slurm lets a requeued job wait for two minutes
    wait_for 60 "$run: done" is_state "$id" COMPLETED
    grep -q 'resumed at step' "basin-$id-4294967294.out" || fail "$run: has not resumed"
    train 1 "$run-whole" schedule.epochs=100000 evaluate.floors=false data.test= stop_after=$last
    [ "$(hash_of "$run")" = "$(hash_of "$run-whole")" ] || fail "$run: another hash than uninterrupted"
}
limited direct train.sbatch USR1@55

# Without pmix every rank would believe to be alone.
expect 64 'start the ranks with `srun --mpi=pmix`' \
    srun -n 2 --mpi=none "$basin" train "$small_job" run=lonely evaluate.floors=false data.test=
[ -e lonely ] && fail "a rank that believes to be alone has begun"

# A sweep: each line of the file is a run of its own.
cp "$small_job" job.yaml
printf 'run=sweep-1 seed=1\nrun=sweep-2 seed=2\n' >sweep
id=$(SWEEP=$folder/sweep submit train.sbatch USR1@5 --array=1-2 -- evaluate.floors=false data.test=)
for run in 1 2; do
    wait_for 60 "array: run $run" is_state "${id}_$run" COMPLETED
    train 1 "alone-$run" seed=$run evaluate.floors=false data.test=
    [ "$(hash_of sweep-$run)" = "$(hash_of alone-$run)" ] || fail "array: run $run has another hash"
done
# What `basin plan` prints can be queued as it is.
"$basin" plan "$small_job" run=planned evaluate.floors=false data.test= --nodes 1 --ranks-per-node 2 >planned.sbatch 2>/dev/null
id=$(sbatch --parsable planned.sbatch)
wait_for 60 "what was planned" is_state "$id" COMPLETED
train 1 planned-alone evaluate.floors=false data.test=
[ "$(hash_of planned)" = "$(hash_of planned-alone)" ] || fail "what was planned has another hash"
[ "${2:-}" != mpirun ] || limited launched train-mpirun.sbatch B:USR1@55
