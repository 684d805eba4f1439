#!/usr/bin/env bash
# tests/faults/soak.sh -- by hand: many small steps take no more memory than few.
#   usage: bash tests/faults/soak.sh BASIN [STEPS]
# Two ranks write a checkpoint and evaluate after every 30 steps. The resident memory of each is looked at all the time;
# an evaluation holds more for a moment, so medians count: of the second twentieth of the steps, when a thirtieth of all
# checkpoints and evaluations are over, and of the last tenth. Fails when a rank has grown by more than 0.5 %.
steps=${2:-20000}
set -- "$(realpath "$1")"
source "$(dirname "${BASH_SOURCE[0]}")/../trainer/fixture.sh"
make_data
run_ranks 2 "$basin" train "$job" run=soak schedule.epochs=$((steps / 3 + 1)) checkpoint.every=10 evaluate.every=10 \
    evaluate.floors=false log_every=10 >log 2>&1 &
launcher=$!
step_now() { { tail -n 1 soak/metrics.jsonl 2>/dev/null || true; } | sed -n 's/{"step":\([0-9]*\),.*/\1/p'; }
memory() { # kB of each rank, from /proc
    for rank in 0 1; do
        process=$(od -An -t d4 -j $((rank * 64 + 28)) -N 4 soak/heartbeat | tr -d ' ')
        sed -n 's/VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$process/status"
    done | tr '\n' ' '
}
while kill -0 $launcher 2>/dev/null; do
    echo "$(step_now) $(memory 2>/dev/null || true)" >>samples
    sleep 0.5
done
wait $launcher || { tail log; fail "the run failed"; }

# median COLUMN FROM TO: of the samples between these steps.
median() {
    awk -v column="$1" -v from="$2" -v to="$3" 'NF == 3 && $1 >= from && $1 <= to { print $column }' samples | sort -n |
        awk '{ value[NR] = $1 } END { if (NR < 5) exit 1; print value[int((NR + 1) / 2)] }' || fail "too few samples"
}
for rank in 0 1; do
    early=$(median $((rank + 2)) $((steps / 20)) $((steps / 10)))
    late=$(median $((rank + 2)) $((steps * 9 / 10)) $((steps + 3)))
    echo "$steps steps, rank $rank: $early kB after a twentieth, $late kB at the end"
    [ $((late * 1000)) -le $((early * 1005)) ] || fail "memory of rank $rank has grown"
done
