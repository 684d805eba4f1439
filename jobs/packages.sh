#!/usr/bin/env bash
# jobs/packages.sh -- makes sure that Basin's Debian packages are there.
#   bash jobs/packages.sh [build|check|coverage]
# check also needs the formatters, the second compiler, and a Slurm to test under; coverage what
# counts lines.
# Installs what is missing when it may (root, or sudo without a password); otherwise prints the exact
# apt line and exits 69.
set -euo pipefail

packages=(
    gcc libc6-dev cmake ninja-build pkg-config # to build
    openmpi-bin libopenmpi-dev                 # ranks
    libopenblas-openmp-dev                     # matrices; the OpenMP flavour, since oneDNN links libgomp
    libdnnl-dev                                # convolutions
    libhdf5-dev zlib1g-dev                     # shards and checkpoints; .gz sources
    libfyaml-dev                               # job files
    librandom123-dev libxxhash-dev libisal-dev # random numbers, hashes, crc32c
    libspng-dev libturbojpeg0-dev libtiff-dev  # PNG, JPEG, TIFF
    libcmocka-dev                              # tests
)
if [ "${1:-build}" = check ]; then
    packages+=(clang libclang-rt-14-dev clang-format-14 clang-tidy-14 git python3 slurm-wlm munge)
fi
[ "${1:-build}" != coverage ] || packages+=(gcovr)

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" = 0 ]; then
    become=(env)
elif sudo -n true 2>/dev/null; then
    become=(sudo env)
else
    echo "These packages are missing, and only root may install them. Run:" >&2
    echo "  sudo apt-get update && sudo ${install[*]}" >&2
    exit 69
fi
echo "installing ${missing[*]}"
"${become[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq update
"${become[@]}" DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null
