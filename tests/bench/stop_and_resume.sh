#!/usr/bin/env bash
# tests/bench/stop_and_resume.sh -- by hand: one run that is asked to stop again and again, in every way and at random
# moments, and goes on each time on another number of ranks, ends with the hash of a run that nobody disturbed.
#   usage: bash tests/bench/stop_and_resume.sh BASIN TIMES
# Prints a table for docs/reliability.md: the way, times tried, times it ended with 75 and a checkpoint, worst time
# from the request to the end.
source "$(dirname "${BASH_SOURCE[0]}")/../trainer/fixture.sh"
times=$2
make_data
steps=(schedule.epochs=100000 evaluate.floors=false data.test= checkpoint.every=0)
RANDOM=7
step_of() { grep -o '"step":[0-9]*' run/run.json | cut -d : -f 2; }
lines_of() { if [ -e run/metrics.jsonl ]; then wc -l <run/metrics.jsonl; else echo 0; fi; }
ranks_of_run() { pgrep -f "^$basin train $job run=run "; }
now() { date +%s.%N; }

declare -A tried survived worst
for ((i = 0; i < times; i++)); do
    ways=(usr1_launcher usr2_one_rank term_alone int_alone file max_time)
    way=${ways[i % 6]} ranks=$((RANDOM % 2 ? 2 : 4)) extra=()
    [[ $way = *alone ]] && ranks=1
    [ "$way" = max_time ] && extra=(--max-time 1)
    lines=$(lines_of)
    if [ $ranks = 1 ]; then
        "$basin" train "$job" run=run "${steps[@]}" "${extra[@]}" >log 2>&1 &
    else
        run_ranks $ranks "$basin" train "$job" run=run "${steps[@]}" "${extra[@]}" >log 2>&1 &
    fi
    launcher=$!
    while [ "$(lines_of)" -le "$lines" ]; do
        kill -0 $launcher 2>/dev/null || break # max_time may be over already
        sleep 0.02
    done
    sleep 0.$((RANDOM % 10))
    began=$(now)
    case $way in
        usr1_launcher) kill -USR1 "$(pgrep -P $launcher)" ;;
        usr2_one_rank) kill -USR2 "$(ranks_of_run | shuf -n 1 --random-source=<(yes $i))" ;;
        term_alone) kill -TERM $launcher ;;
        int_alone) kill -INT $launcher ;;
        file) touch run/STOP ;;
    esac
    code=0
    wait $launcher || code=$?
    seconds=$(awk "BEGIN {print $(now) - $began}")
    rm -f run/STOP
    tried[$way]=$((${tried[$way]:-0} + 1))
    [ "$code" = 75 ] && [ -e "run/checkpoints/step-$(printf %012d "$(step_of)").h5" ] || { cat log; fail "$way: exit code $code"; }
    survived[$way]=$((${survived[$way]:-0} + 1))
    worst[$way]=$(printf '%s\n' "$seconds" "${worst[$way]:-0}" | sort -g | tail -n 1)
done
last=$(($(step_of) + 2))
train 2 run "${steps[@]}" stop_after=$last
train 1 whole "${steps[@]}" stop_after=$last
[ "$(hash_of run)" = "$(hash_of whole)" ] || fail "another hash than the undisturbed run's"
for way in "${!tried[@]}"; do
    printf '| %s | %d | %d | nothing | %.1f s |\n' "$way" "${tried[$way]}" "${survived[$way]}" "${worst[$way]}"
done
echo "$times stops, $last steps, one hash: $(hash_of whole)"
