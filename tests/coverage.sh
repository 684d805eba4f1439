#!/usr/bin/env bash
# tests/coverage.sh -- runs all tests of a build with counters, then prints which share of the lines
# they reach, by folder, and the files below 80 %. Ends with ctest's exit code.
#   bash tests/coverage.sh BUILD [CTEST OPTION ...]     BUILD: a folder of BASIN_COVERAGE=ON
# What a killed rank has reached is not counted.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
shift
bash jobs/packages.sh coverage
find "$build" -name '*.gcda' -delete
tests=0
ctest --test-dir "$build" --output-on-failure --parallel 3 "$@" || tests=$?
gcovr --root . --object-directory "$build" -j 2 --gcov-ignore-parse-errors --filter '(base|comm|io|models|trainer)/' --csv - \
    "$build" 2>"$build/gcovr.log" | sed 1d >"$build/lines.csv" ||
    { cat "$build/gcovr.log" >&2; exit 1; }

# filename,lines,reached,...
awk -F, '
    {
        parts = split($1, path, "/")
        for (depth = 1; depth < parts && depth <= 2; depth++) {
            folder = depth == 1 ? path[1] : path[1] "/" path[2]
            lines[folder] += $2
            reached[folder] += $3
        }
        all += $2
        found += $3
    }
    END {
        for (folder in lines)
            printf "%-24s %6d of %6d lines %5.1f %%\n", folder, reached[folder], lines[folder],
                100 * reached[folder] / lines[folder] | "sort"
        close("sort")
        printf "%-24s %6d of %6d lines %5.1f %%\n", "all", found, all, 100 * found / all
    }' "$build/lines.csv"
echo "files below 80 %:"
awk -F, '$2 > 0 && $3 < 0.8 * $2 {
    printf "  %-46s %4d of %4d lines %5.1f %%\n", $1, $3, $2, 100 * $3 / $2
}' "$build/lines.csv" | sort -k 6 -n
exit "$tests"
