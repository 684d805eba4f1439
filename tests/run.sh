#!/usr/bin/env bash
# tests/run.sh -- installs what is missing, builds everything, runs every test.
#   bash tests/run.sh [PRESET ...]   default: asan openblas avx2 release (see CMakePresets.json)
#   bash tests/run.sh coverage       also which lines the tests reach, by folder (tests/coverage.sh)
# avx2: unit tests of what processors without AVX-512 run. Each preset builds into build/PRESET with warnings as
# errors. The last lines are ctest's.
set -euo pipefail
cd "$(dirname "$0")/.."
bash jobs/packages.sh build
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(asan openblas avx2 release)
for preset in "${presets[@]}"; do
    echo "== $preset"
    cmake --preset "$preset" -DBASIN_STRICT=ON >/dev/null
    cmake --build --preset "$preset"
    if [ "$preset" = coverage ]; then
        bash tests/coverage.sh build/coverage
        continue
    fi
    ctest --preset "$preset"
done
