#!/usr/bin/env bash
# tests/faults/soak.sh -- by hand: many small steps take no more memory than few.
#   usage: bash tests/faults/soak.sh BASIN [STEPS]
# Prints the resident memory of each rank after a twentieth of the steps and at the end; fails when it has grown by
# more than 2 %.
steps=${2:-20000}
set -- "$(realpath "$1")"
source "$(dirname "${BASH_SOURCE[0]}")/../trainer/fixture.sh"
make_data
run_ranks 2 "$basin" train "$job" run=soak schedule.epochs=$((steps / 3 + 1)) checkpoint.every=100 evaluate.every=200 \
    evaluate.floors=false log_every=50 >log 2>&1 &
launcher=$!
step_now() { { tail -n 1 soak/metrics.jsonl 2>/dev/null || true; } | sed -n 's/{"step":\([0-9]*\),.*/\1/p'; }
memory() { # kB of each rank, from /proc
    for rank in 0 1; do
        process=$(od -An -t d4 -j $((rank * 64 + 28)) -N 4 soak/heartbeat | tr -d ' ')
        sed -n 's/VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$process/status"
    done | tr '\n' ' '
}
first="" last=""
while kill -0 $launcher 2>/dev/null; do
    step=$(step_now)
    [ -n "$first" ] || [ "${step:-0}" -lt $((steps / 20)) ] || first=$(memory)
    [ -z "$first" ] || last=$(memory 2>/dev/null || echo "$last")
    [ "$(wc -w <<<"$last")" = 2 ] && kept=$last
    sleep 0.5
done
wait $launcher || { tail log; fail "the run failed"; }
echo "$(step_now) steps: after a twentieth $first kB, at the end $kept kB"
read -r a b <<<"$first"
read -r c d <<<"$kept"
[ $((c * 100)) -le $((a * 102)) ] && [ $((d * 100)) -le $((b * 102)) ] || fail "memory has grown"
