#!/usr/bin/env bash
# What jobs/*.sbatch make of the exit code of the job that they start: with a launcher that ends as it is told to, and a
# scontrol that writes down what it is asked for.
source "$(dirname "$0")/fixture.sh"
export SLURM_JOB_ID=17 SLURM_CPUS_PER_TASK=1
cat >bin/scontrol <<'END'
#!/bin/sh
echo "$*" >>requests
END
cat >bin/mpirun <<'END'
#!/bin/bash
trap 'exit 75' USR1 # as ranks do, once their checkpoint is durable
echo "$BASHPID" >launcher
for _ in $(seq "${SECONDS_TO_RUN:-0}0"); do sleep 0.1; done
exit "$ENDS_WITH"
END
chmod +x bin/*
cp bin/mpirun bin/srun

# ends SCRIPT LAUNCHER'S-CODE CODE [REQUEST]
ends() {
    local script=$source_folder/jobs/$1 got=0
    rm -f requests
    ENDS_WITH=$2 timeout 30 bash "$script" job.yaml >log 2>&1 || got=$?
    [ "$got" = "$3" ] || { cat log; fail "$1: $2 becomes $got, not $3"; }
    [ "$(cat requests 2>/dev/null)" = "${4:-}" ] || fail "$1: after $2 Slurm is asked for: $(cat requests)"
}

for script in train.sbatch train-mpirun.sbatch; do
    ends $script 0 0
    ends $script 69 69
    ends $script 79 79
    ends $script 75 75 "requeue 17"
    SLURM_RESTART_COUNT=49 ends $script 75 75 "requeue 17"
    SLURM_RESTART_COUNT=50 ends $script 75 75
    grep -q 'the checkpoint is safe, .* submit it again' log || { cat log; fail "$script: does not say what to do"; }
    mv bin/scontrol bin/none # a cluster where it cannot be asked, or is not there
    ends $script 75 75
    grep -q 'the checkpoint is safe, .* submit it again' log || { cat log; fail "$script: does not say what to do"; }
    mv bin/none bin/scontrol
done
printf 'run=a\nrun=b' >sweep # the last line without its end
export SLURM_ARRAY_JOB_ID=20 SWEEP=sweep
SLURM_ARRAY_TASK_ID=2 ends train.sbatch 75 75 "requeue 20_2"
SLURM_ARRAY_TASK_ID=3 ends train.sbatch 0 64
grep -q "sweep: has no line 3" log || fail "says nothing of the missing line"
ends train-mpirun.sbatch 205 69 # mpirun's own code for a lost host

# The signal before the time limit reaches mpirun, whose own code counts.
rm -f launcher requests
SECONDS_TO_RUN=20 ENDS_WITH=0 timeout 30 bash "$source_folder/jobs/train-mpirun.sbatch" job.yaml >log 2>&1 &
job_script=$!
for _ in $(seq 100); do
    [ ! -s launcher ] || break
    sleep 0.1
done
kill -USR1 "$(pgrep -P $job_script)"
got=0
wait $job_script || got=$?
[ "$got" = 75 ] || { cat log; fail "after the signal: $got"; }
[ "$(cat requests)" = "requeue 17" ] || fail "after the signal Slurm is asked for: $(cat requests)"
