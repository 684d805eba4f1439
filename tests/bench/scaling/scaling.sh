#!/usr/bin/env bash
# scaling.sh bits|steps [RANKS ...] -- the exact sum of comm/ on simulated clusters (SimGrid's SMPI, Debian's
# libsimgrid-dev), one rank a host. Exit code 77 when SimGrid is not installed.
#   bits    same sum on any number of ranks: 4096 workers on powers of two, 3840 on others (real numbers)
#   steps   a training step of COMPUTE seconds of computing (default 9.08: ResNet-50, 32 images of 224 x 224 on one
#           core) and a sum of FLOATS (default 25557032, its gradient): weak scaling on a fat tree of 100 Gb/s and
#           on a star of 10 Gb/s. 1024 ranks take 10 minutes; a sixteenth of FLOATS takes a sixteenth of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
what=${1:-bits}
shift || true
command -v smpicc >/dev/null || { echo "scaling: SimGrid (libsimgrid-dev) is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# simulated SOURCE OBJECT
simulated() { smpicc -O2 -std=gnu11 -D_GNU_SOURCE -include "$here/simulator.h" -I"$root" -c "$1" -o "$2"; }

# compile PROGRAM: into $folder, with what it needs of base/ and comm/ and does not define itself.
compile() {
    local source
    mkdir "$folder/below"
    for source in "$root"/base/*.c "$root"/comm/*.c; do
        simulated "$source" "$folder/below/$(basename "$source").o"
    done
    if [ "$1" = steps ]; then
        objcopy --weaken-symbol=tree_add "$folder/below/reduce_tree.c.o"
        objcopy --redefine-sym memset=clear_small "$folder/below/reduce.c.o"
    fi
    ar rcs "$folder/below.a" "$folder"/below/*.o
    simulated "$here/$1.c" "$folder/$1.o"
    smpicc "$folder/$1.o" "$folder/below.a" -lm -lpthread -o "$folder/$1"
}

# fat_tree RANKS: two levels of switches, half as many cables up from a switch as down to its hosts.
fat_tree() {
    local leaf=1 top
    while [ $((leaf * leaf)) -lt "$1" ]; do leaf=$((leaf * 2)); done
    top=$((($1 + leaf - 1) / leaf))
    local up=$((leaf > 1 ? leaf / 2 : 1))
    cluster "$1" 12.5GBps 1us "topology=\"FAT_TREE\" topo_parameters=\"2;$leaf,$top;1,$up;1,1\"" $((leaf * top))
}

# star RANKS: every host on one switch that does not block.
star() { cluster "$1" 1.25GBps 20us "" "$1"; }

# cluster RANKS BANDWIDTH LATENCY TOPOLOGY HOSTS
cluster() {
    cat >"$folder/platform.xml" <<END
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="cluster" prefix="host" suffix="" radical="0-$(($5 - 1))" speed="1Gf" bw="$2" lat="$3" $4/>
</platform>
END
    for ((host = 0; host < $1; host++)); do echo "host$host"; done >"$folder/hosts"
}

# simulate RANKS PROGRAM ARGUMENTS ...
simulate() {
    local ranks=$1
    shift
    (cd "$folder" && smpirun -np "$ranks" -platform platform.xml -hostfile hosts --log=root.thres:critical \
        --cfg=smpi/simulate-computation:no --cfg=smpi/host-speed:1Gf --cfg=smpi/coll-selector:ompi --cfg=smpi/shared-malloc-blocksize:16777216 \
        "./$@")
}

case $what in
bits)
    [ $# -gt 0 ] || set -- 1 2 4 8 16 32 64 128 256 512 1024 2048 4096 3 5 6 10 12 15 24 48
    compile bits
    for ranks in "$@"; do
        star "$ranks"
        workers=$((4096 % ranks == 0 ? 4096 : 3840))
        printf '%d workers on ' "$workers"
        simulate "$ranks" bits "$workers" 1000
    done | tee "$folder/sums"
    # Word 1 is the number of workers, word 6 the sum.
    awk '!($1 in sum) { sum[$1] = $6 } $6 != sum[$1] { wrong = 1 } END { exit wrong }' "$folder/sums" ||
        { echo "scaling: the sums of as many workers are not the same"; exit 1; }
    ;;
steps)
    [ $# -gt 0 ] || set -- 2 4 16 64 256 1024 4096
    compile steps
    for network in fat_tree star; do
        echo "$network"
        for ranks in "$@"; do
            $network "$ranks"
            simulate "$ranks" steps "${FLOATS:-25557032}" "${COMPUTE:-9.08}" 1
        done
    done
    ;;
esac
