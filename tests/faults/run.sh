#!/usr/bin/env bash
# tests/faults/run.sh -- what breaks, breaks here: a small job meets every fault that a cluster has, and must
# end in time, with the documented exit code, a message that names what broke, and a resume to the bits of the
# undisturbed run; or refuse clearly.
#   usage: bash tests/faults/run.sh BASIN [short|all] [SHIM]     SHIM: libfault_shim.so, beside BASIN's build by default
# `all` takes some thousand runs, half an hour; `short` a few of each kind. Prints a table for docs/reliability.md.
extent=${2:-all} shim=${3:-$(dirname "$1")/../tests/faults/libfault_shim.so}
[ -e "$shim" ] || { echo "skipped: $shim is not there (builds with sanitizers have none)"; exit 77; }
shim=$(realpath "$shim")
set -- "$(realpath "$1")"
source "$(dirname "${BASH_SOURCE[0]}")/../trainer/fixture.sh"
RANDOM=20
make_data
plain=(evaluate.floors=false data.test= schedule.epochs=4 watch.stall=3)
train 1 whole "${plain[@]}"
whole=$(hash_of whole)
limit=45 # seconds within which every job must have ended

# One row of the table: a kind of fault.
begin() {
    row=$1 tried=0 survived=0 worst=0
}

end() {
    printf '| %s | %d | %d | nothing | %.1f s |\n' "$row" "$tried" "$survived" "$worst" | tee -a table
    [ "$tried" = "$survived" ] || fail "$row: $((tried - survived)) of $tried not survived"
}

# meet CODES TEXT RANKS RUN [key=value ...]: the job with the fault in the environment FAULT_... ends with one of CODES
# (separated by |), and says TEXT (a pattern) unless it ends with 0.
meet() {
    local codes=$1 text=$2 ranks=$3 run=$4 got=0 start seconds
    shift 4
    start=$(date +%s.%N)
    if [ "$ranks" = 1 ]; then
        # A shell of its own, for the shell says of a killed command that it was killed.
        (LD_PRELOAD=$shim timeout $limit "$basin" train "$job" run="$run" "${plain[@]}" "$@"; exit $?) >log 2>&1 || got=$?
    else
        timeout -k 5 $limit on "$ranks" env LD_PRELOAD="$shim" "$basin" train "$job" run="$run" "${plain[@]}" "$@" \
            >log 2>&1 || got=$?
    fi
    seconds=$(awk "BEGIN {print $(date +%s.%N) - $start}")
    worst=$(printf '%s\n' "$seconds" "$worst" | sort -g | tail -n 1)
    tried=$((tried + 1))
    [ "$got" != 124 ] || { cat log; fail "$row: hung ($(env | grep ^FAULT_ | tr '\n' ' '))"; }
    [[ "|$codes|" = *"|$got|"* ]] || { cat log; fail "$row: exit code $got, not $codes ($(env | grep ^FAULT_ | tr '\n' ' '))"; }
    [ "$got" = 0 ] || [ -z "$text" ] || grep -Eq -- "$text" log ||
        { cat log; fail "$row: says nothing like '$text' ($(env | grep ^FAULT_ | tr '\n' ' '))"; }
}

# resume RANKS RUN: it goes on, and ends with the bits of the undisturbed run.
resume() {
    local got=0
    run_ranks "$1" timeout $limit "$basin" train "$job" run="$2" "${plain[@]}" >log 2>&1 || got=$?
    [ "$got" = 0 ] || { cat log; fail "$row: resume ends with $got"; }
    [ "$(hash_of "$2")" = "$whole" ] || fail "$row: other bits after resume ($(env | grep ^FAULT_ | tr '\n' ' '))"
    survived=$((survived + 1))
    rm -rf "$2"
}

# set_fault CALL PATH AT DO RANK
set_fault() {
    export FAULT_CALL=$1 FAULT_PATH=$2 FAULT_AT=$3 FAULT_DO=$4 FAULT_RANK=$5
}

# How many such calls an undisturbed run makes: count CALL PATH [key=value ...].
count() {
    set_fault "$1" "$2" 0 none 0
    shift 2
    FAULT_COUNT=$PWD/count LD_PRELOAD=$shim "$basin" train "$job" run=disk "${plain[@]}" "$@" >/dev/null 2>&1 ||
        fail "count"
    rm -rf disk
    cat count
}

pick() { # of N, at most HOW MANY, evenly: pick N MANY
    awk "BEGIN {step = $1 > $2 ? $1 / $2 : 1; for (i = 0; int(i) < $1; i += step) print int(i) + 1}"
}
many() { # in the short selection FEW, else MANY
    [ "$extent" = short ] && echo "$1" || echo "$2"
}

# -- a rank is lost, at a random read of the shards
reads=$(count read /data/)
for way in KILL STOP ABORT; do
    case $way in
    KILL) codes='137|9' text='killed|signal 9|KILLED BY SIGNAL: 9' what="kill -9 of a rank" ;;
    STOP) codes=76 text='all wait for rank [01] \(host ' what="SIGSTOP of a rank" ;;
    ABORT) codes='134|6' text='Aborted|signal 6|SIGNAL: 6' what="abort() of a rank" ;;
    esac
    begin "$what, random step"
    for ((i = 0; i < $(many 1 34); i++)); do
        set_fault read /data/ $((1 + RANDOM % (reads * 2 / 5))) $way $((RANDOM % 2))
        meet $codes "$text" 2 lost
        resume $((1 << RANDOM % 3)) lost
    done
    end
done

# -- the disk: every write, sync, rename ... of the run folder fails, or is the last before kill -9
every=open,write,sync,rename,link,unlink,mkdir,truncate
short_run=(checkpoint.every=2 checkpoint.keep=1 log_every=100)
calls=$(count $every disk "${short_run[@]}")
for way in EIO ENOSPC KILL; do
    codes='0|74' text='disk[^ ]*: ' what="$way at each call on the run folder ($calls)"
    [ $way != KILL ] || { codes=137 text='' what="kill -9 at each call on the run folder ($calls)"; }
    begin "$what"
    for at in $(pick "$calls" "$(many 4 "$calls")"); do
        set_fault $every disk "$at" $way 0
        meet $codes "$text" 1 disk "${short_run[@]}"
        resume 1 disk
    done
    end
done

# -- the data; 78: cut between the openings of two ranks, which then have other data
shards=(data/train-*.h5)
for way in FLIP CUT REMOVE; do
    case $way in
    FLIP) codes='0|65' what="a bit of a shard is flipped while the job runs" ;;
    CUT) codes='0|65|74|78' what="a shard is cut while the job runs" ;;
    REMOVE) codes='0|65|66|74' what="a shard is deleted while the job runs" ;;
    esac
    begin "$what"
    cp -r data kept
    for ((i = 0; i < $(many 1 10); i++)); do
        export FAULT_FILE=$PWD/${shards[0]}
        set_fault read /data/ $((1 + RANDOM % (reads / 4))) $way 0
        meet "$codes" 'rank [01] \(host .*(data/train-.*h5|the training data of this rank)' 2 shard
        rm -rf data && cp -r kept data
        resume 2 shard
    done
    rm -rf kept
    end
done

begin "reading a shard fails in the loader's thread"
for ((i = 0; i < $(many 1 10); i++)); do
    rank=$((RANDOM % 2))
    set_fault read /data/ $((1 + RANDOM % (reads / 4))) EIO $rank
    meet '0|65|74' "rank $rank \\(host .*data/train-.*h5" 2 loader # 65: HDF5 at opening; 0: what it asks twice
    resume 1 loader
done
end

begin "NaN in one rank's numbers" # rank 0 may have made a key of rank 1's samples
products=$(count gemm '')
for ((i = 0; i < $(many 1 10); i++)); do
    rank=$((RANDOM % 2))
    set_fault gemm '' $((1 + RANDOM % (products / 3))) NAN $rank
    meet 79 'rank [01] \(host .*numbers of worker' 2 nan
    resume 2 nan
done
end

# -- a damaged checkpoint: refused, or an older one is taken, or the bit meant nothing
begin "a byte of the newest checkpoint is flipped"
set_fault read '' 0 none 0
train 2 parts "${plain[@]}" stop_after=9
newest=$(readlink -f parts/checkpoints/latest)
size=$(stat -c %s "$newest")
for at in $(pick "$size" "$(many 4 100)"); do
    cp -r parts flipped
    file=flipped/checkpoints/$(basename "$newest")
    byte=$(od -An -t u1 -j $((at - 1)) -N 1 "$file")
    printf "\\x$(printf %x $((byte ^ 255)))" | dd of="$file" bs=1 seek=$((at - 1)) conv=notrunc 2>/dev/null
    meet '0|65|74' 'flipped/checkpoints/.*h5' 1 flipped
    if [ "$(grep -c 'error' log)" = 0 ]; then
        [ "$(hash_of flipped)" = "$whole" ] || fail "$row: byte $at: another result"
    fi
    survived=$((survived + 1))
    rm -rf flipped
done
end
echo "every fault met: the exit code, the message and the bits are right"
