#!/usr/bin/env bash
# `basin plan`: numbers of a job on a cluster and a file for sbatch, without touching the run folder.
source "$(dirname "$0")/fixture.sh"
make_data
expect 0 '4 on 2 nodes, each 1 of 4 workers, batch 12 of 48' \
    "$basin" plan "$job" "run=it's" --nodes 2 --ranks-per-node 2
[ -e "it's" ] && fail "the run folder has been made"
"$basin" plan "$job" "run=it's" method.queue=96 --nodes 2 --ranks-per-node 2 >planned 2>/dev/null || fail "plan"
bash -n planned || fail "the file for sbatch is not a script"
for line in '#SBATCH --nodes=2' '#SBATCH --ntasks-per-node=2' '#SBATCH --cpus-per-task=1' '#SBATCH --signal=USR1@90'; do
    grep -qx -- "$line" planned || fail "no line $line"
done
[ "$(head -n 1 planned)" = '#!/bin/bash' ] || fail "the first line"
# What srun would start: the job, its overrides in one piece each, then those given to sbatch.
mkdir -p stubs
printf '#!/bin/bash\nprintf "<%%s>" "$@"\n' >stubs/srun
chmod +x stubs/srun
started=$(PATH=$folder/stubs:$PATH SLURM_JOB_ID=1 SLURM_CPUS_PER_TASK=1 bash planned seed=9)
[ "$started" = "<--mpi=pmix><-K><--cpu-bind=cores><basin><train><$job><--wait><threads=1><run=it's><method.queue=96><seed=9>" ] ||
    fail "starts $started"
expect 78 '3 ranks do not divide' "$basin" plan "$job" --nodes 3
expect 64 'run it without mpirun' on 2 "$basin" plan "$job" --nodes 2
expect 64 'nodes' "$basin" plan "$job"

# An evaluation holds a chunk of images, whatever the share of a rank is: it is planned for.
memory() {
    "$basin" plan "$job" run=evaluated model.width=64 "$@" --nodes 4 2>/dev/null | sed -n 's/^#   memory *\([0-9.]*\) GB a rank.*/\1/p'
}
with=$(memory) without=$(memory data.test=)
awk -v a="$with" -v b="$without" 'BEGIN { exit !(a > 1.2 * b && b > 0) }' ||
    fail "memory with evaluations is $with GB, without $without GB"
