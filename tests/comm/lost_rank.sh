#!/usr/bin/env bash
# lost_rank.sh WAY PROGRAM LAUNCHER ... -- when one rank is lost, the whole job ends and none hangs.
#   killed   rank 1 gets kill -9: all ranks end, the exit code is that of a killed program (137)
#   assert   rank 1 breaks an invariant: all ranks end with 70
#   stopped  rank 1 gets SIGSTOP: all ranks end with 76, and it is named
#   leaving  rank 1 has stopped when the others end MPI: the same
#   unborn   rank 1 stops before it begins: all ranks end with 76
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

before=()
[ "$way" = unborn ] && before=(bash -c '[ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" != 1 ] || kill -STOP $$; exec "$@"' start)
export BASIN_STALL=2
timeout 40 "$@" "${before[@]}" "$program" "$folder" "$way" >"$folder/output" 2>&1 &
job=$!
case $way in
killed) expected="137|9" signal=KILL ;; # Open MPI, MPICH
assert) expected=70 signal= ;;
stopped) expected=76 signal=STOP ;;
*) expected=76 signal= ;;
esac
if [ -n "$signal" ]; then
    for _ in $(seq 200); do
        [ -e "$folder/pid.0" ] && [ -e "$folder/pid.1" ] && [ -e "$folder/pid.2" ] && break
        sleep 0.1
    done
    kill -$signal "$(cat "$folder/pid.1")" || fail "rank 1 did not start"
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
case $way in
assert) says='that was rank 1 of 3' ;;
stopped | leaving) says='all wait for rank 1 (host' ;;
unborn) says='not all ranks have begun' ;;
*) says= ;;
esac
grep -q "$says" "$folder/output" || fail "nobody says '$says'"
echo "lost_rank $way: all ranks ended with $code"
