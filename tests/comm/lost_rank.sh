#!/usr/bin/env bash
# lost_rank.sh WAY PROGRAM LAUNCHER ... -- when one rank is lost, the whole job ends and none hangs.
#   killed   rank 1 gets kill -9: all ranks end, the exit code is that of a killed program (137)
#   assert   rank 1 breaks an invariant: all ranks end with 70
# LAUNCHER ... is the start of the command line, up to the program.
set -u
way=$1 program=$2
shift 2
folder=$(mktemp -d "${TMPDIR:-/tmp}/lost_rank.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "lost_rank $way: $1"
    cat "$folder/output"
    exit 1
}

# A process that has ended but that nobody has waited for (state Z) does not run.
runs() {
    case "$(ps -o stat= -p "$1")" in '' | Z*) return 1 ;; esac
}

timeout 40 "$@" "$program" "$folder" "$way" >"$folder/output" 2>&1 &
job=$!
if [ "$way" = killed ]; then
    expected="137|9" # Open MPI, MPICH
    for _ in $(seq 200); do
        [ -e "$folder/pid.0" ] && [ -e "$folder/pid.1" ] && [ -e "$folder/pid.2" ] && break
        sleep 0.1
    done
    kill -9 "$(cat "$folder/pid.1")" || fail "rank 1 did not start"
else
    expected=70
fi
wait "$job"
code=$?
[ "$code" = 124 ] && fail "the job hung"
[[ "|$expected|" = *"|$code|"* ]] || fail "the job ended with $code instead of $expected"
for file in "$folder"/pid.*; do
    # The launcher may leave a moment before the ranks it has killed.
    for _ in $(seq 100); do
        runs "$(cat "$file")" || break
        sleep 0.1
    done
    runs "$(cat "$file")" && fail "rank ${file##*.} still runs"
done
if [ "$way" = assert ]; then
    grep -q 'that was rank 1 of 3' "$folder/output" || fail "nobody says which rank it was"
fi
echo "lost_rank $way: all ranks ended with $code"
