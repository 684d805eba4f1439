#!/usr/bin/env bash
# tests/style.sh -- format, layers and clang-tidy over all sources; any finding fails.
# Needs build/release (tests/run.sh makes it).
set -euo pipefail
cd "$(dirname "$0")/.."
bash jobs/packages.sh check
mapfile -t sources < <(git ls-files '*.c' '*.h')
clang-format-14 --dry-run -Werror "${sources[@]}"
echo "format: ${#sources[@]} files as .clang-format says"
# clang-format breaks code, not comments. Golden numbers stand as their scripts print them.
if git ls-files '*.c' '*.h' '*.def' | grep -v '^tests/golden/' |
    LC_ALL=C.UTF-8 xargs grep -nP '^.{101,}'; then
    echo "lines: those above have more than 100 columns"
    exit 1
fi
echo "lines: at most 100 columns"
bash tests/layers.sh
bash tests/doors.sh
git ls-files '*.c' | xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p build/release \
    --extra-arg=-Wno-unknown-warning-option 2>/dev/null
echo "clang-tidy: nothing found"
