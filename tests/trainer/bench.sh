#!/usr/bin/env bash
# tests/trainer/bench.sh -- each bench runs, prints its table and leaves nothing behind; how fast it is, is
# no matter here.
source "$(dirname "$0")/fixture.sh"

has() { # TEXT...: lines of `table` begin with these
    for text in "$@"; do
        grep -q "^ *$text" table || { cat table; fail "no line '$text'"; }
    done
}

"$basin" bench step "$job" --steps 2 --warmup 1 --size 16 >table
has "moco, 1 rank of 4 of 4 workers" "a worker brings, a step, kB: leaves .*, gathers [0-9.]*[1-9]" forward backward ".* conv2d *forward" ".* info_nce *backward"
run_ranks 2 "$basin" bench step "$job" --steps 1 --warmup 0 --size 16 batch=32 >table
has "moco, 2 ranks of 2 of 4 workers"
"$basin" bench step "$job" --steps 1 --nodes --size 16 >table
has "conv1 *conv2d *backward"
"$basin" bench kernels --repeats 1 --batch 1 >table
has "1: 16>16, 32, 3x3/1 *backward weights" "64 atoms 3x9x9, 32 *correlate"
run_ranks 2 "$basin" bench comm --repeats 1 --largest 256 >table
has "exact sum  *64 kB" "exact sum  *256 kB" "gather  *32 kB"
make_data
"$basin" bench data "$job" --images 40 --repeats 2 batch=16 >table
has "[a-z_]*: 40 of" "read, cold .* of pread's" "read, warm" decode augment "loader .* images/s a core"
[ ! -e run ] || fail "a bench made a run folder"

expect 64 "did you mean 'step'" "$basin" bench stpe "$job"
expect 64 "expected JOB.yaml" "$basin" bench step
expect 64 "expected JOB.yaml" "$basin" bench data
expect 64 "There are only options" "$basin" bench comm job.yaml
