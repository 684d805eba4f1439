#!/usr/bin/env bash
# tests/faults/commands.sh -- every command is a good citizen: a rank that stops ends it with 76, a signal with 75
# and nothing half made, what it prints must arrive, and a reader who leaves ends nothing.
#   usage: bash tests/faults/commands.sh BASIN [short|all] [SHIM] [MAKE_PHOTOS]
# `all` tries each command at up to ten places in each of two ranks; `short` some at one. Prints a table for
# docs/reliability.md.
extent=${2:-all}
build=$(dirname "$1")/..
shim=${3:-$build/tests/faults/libfault_shim.so} make_photos=${4:-$build/tests/trainer/make_photos}
[ -e "$shim" ] || { echo "skipped: $shim is not there (builds with sanitizers have none)"; exit 77; }
shim=$(realpath "$shim") make_photos=$(realpath "$make_photos")
set -- "$(realpath "$1")"
source "$(dirname "${BASH_SOURCE[0]}")/../trainer/fixture.sh"
make_data
mkdir data/photos
"$make_photos" data/photos
train 1 data/run evaluate.floors=false data.test=
job=$source_folder/tests/trainer/sparse.yaml
train 1 data/codes stop_after=2
job=$small_job

# Arguments of each command that write below out/, if anywhere, and read below data/.
declare -A words=(
    [train]="$job run=out/run data.test= evaluate.floors=false"
    [eval]="data/run data.test=data/test-00000.h5 evaluate.floors=false"
    [verify]="data/run"
    [encode]="data/codes data/test-00000.h5 out/codes.h5"
    [reconstruct]="data/codes data/test-00000.h5 out/sheet.png"
    [dump]="$job 2 out/dump.h5"
    [inspect]="data/train-00000.h5"
    [pack]="data/photos out/shards --shard-size 8"
    [synth]="shapes out/synth --train 600 --test 40 --size 16"
    [plan]="$job --nodes 1 --steps 2"
    [bench]="data $job --images 16 --repeats 2"
)
alone=" plan dump bench " # refuse more than one rank, or are not for them
for command in $("$basin" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    [ -n "${words[$command]:-}" ] || fail "$command: what does it read and write? Enter it above"
done
commands=$(printf '%s\n' "${!words[@]}" | sort)

tried=0
end() { # WHAT
    printf '| %s | %d | %d |\n' "$1" "$tried" "$tried"
    tried=0
}
pick() { # of N, at most MANY, evenly
    awk "BEGIN {step = $1 > $2 ? $1 / $2 : 1; for (i = 0; int(i) < $1; i += step) print int(i) + 1}"
}
places=1
[ "$extent" = short ] || places=10

# How many files below data/ and out/ a rank of RANKS opens, reads or writes: count COMMAND RANKS RANK
calls=open,read,write,rename
count() {
    rm -rf out count
    mkdir out
    run_ranks "$2" env LD_PRELOAD="$shim" FAULT_CALL=$calls FAULT_PATH="$folder/" FAULT_RANK="$3" FAULT_AT=0 \
        FAULT_COUNT="$folder/count" "$basin" "$1" ${words[$1]} >log 2>&1 || { cat log >&2; fail "$1 on $2 ranks"; }
    find out | sort >whole
    cat count
}

# -- nobody reads, or the disk is full
for command in $commands; do
    for output in full closed unread; do
        rm -rf out
        mkdir out
        code=0 wanted=0
        case $output in
        full) "$basin" $command ${words[$command]} >/dev/full 2>log || code=$? ;;
        closed) "$basin" $command ${words[$command]} 2>log | true || code=${PIPESTATUS[0]} ;;
        unread) "$basin" $command ${words[$command]} 2>&1 >printed | true || code=${PIPESTATUS[0]} ;;
        esac
        # It prints into a buffer, so what it printed is known when nobody reads its log.
        [ $output = unread ] || case " train pack synth dump " in *" $command "*) ;; *) wanted=74 ;; esac
        [ "$code" = $wanted ] || [ "$output" = closed -a "$code" = 0 ] ||
            { cat log; fail "$command, $output: exit code $code, not $wanted"; }
        [ $output != full ] || [ $wanted = 0 ] || grep -q 'standard output cannot be written: No space' log ||
            { cat log; fail "$command: does not say that the disk is full"; }
        tried=$((tried + 1))
    done
done
end "standard output on a full disk; closed; a log that nobody reads"

# -- a signal at any call
late=0
for command in $commands; do
    total=$(count $command 1 0)
    signals=(HUP TERM USR1)
    for at in $(pick "$total" $places); do
        signal=${signals[$((at % 3))]}
        rm -rf out
        mkdir out
        code=0
        env --default-signal=HUP LD_PRELOAD="$shim" FAULT_CALL=$calls FAULT_PATH="$folder/" FAULT_AT="$at" \
            FAULT_DO=$signal FAULT_RANK=0 "$basin" $command ${words[$command]} >log 2>&1 || code=$?
        [ -z "$(find out -name '*partial*')" ] || fail "$command, $signal at call $at: $(find out)"
        tried=$((tried + 1))
        # Behind its last piece of work it is too late to stop.
        if [ "$code" = 0 ]; then
            find out | sort | cmp -s whole - || fail "$command, $signal at call $at: not all is there"
            late=$((late + 1))
            continue
        fi
        [ "$code" = 75 ] || { cat log; fail "$command, $signal at call $at of $total: exit code $code, not 75"; }
        grep -q "signal" log || { cat log; fail "$command: does not say that a signal has come"; }
        "$basin" $command ${words[$command]} >log 2>&1 ||
            { cat log; fail "$command: does not go on after $signal at call $at"; }
    done
done
end "SIGHUP, SIGTERM or SIGUSR1 at any call on a file ($late too late, and whole); then the command once more"

# -- a rank stops

for command in $commands; do
    [[ "$alone" != *" $command "* ]] || continue
    stall=()
    case $command in train | eval | verify | encode | reconstruct | dump) stall=(watch.stall=2) ;; esac
    for rank in 0 1; do
        [ "$extent" = all ] || [ $rank = 1 ] || case $command in eval | pack | inspect) ;; *) continue ;; esac
        total=$(count $command 2 $rank)
        for at in $(pick "$total" $places); do
            for seconds in 2 20; do # a busy machine may need more than 2 s to start its ranks
                rm -rf out
                mkdir out
                code=0
                timeout -k 5 60 on 2 env BASIN_STALL=$seconds LD_PRELOAD="$shim" FAULT_CALL=$calls \
                    FAULT_PATH="$folder/" FAULT_AT="$at" FAULT_DO=STOP FAULT_RANK=$rank \
                    "$basin" $command ${words[$command]} "${stall[@]}" >log 2>&1 || code=$?
                grep -q "not all ranks have begun in time" log || break
            done
            [ "$code" = 76 ] ||
                { cat log; fail "$command, rank $rank stops at call $at of $total: exit code $code, not 76"; }
            grep -q "all wait for rank $rank (host " log || { cat log; fail "$command: nobody names rank $rank"; }
            tried=$((tried + 1))
        done
    done
done
end "SIGSTOP of a rank of two at any call on a file, all commands that take ranks"
echo "every command is a good citizen"
