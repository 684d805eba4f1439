#!/usr/bin/env bash
# Checks that every folder includes only what lies below it, and each library header one folder:
#   base <- comm <- {io, models} <- trainer;  mpi.h in comm/, hdf5.h in io/, cblas.h and dnnl.h in
#   models/kernels/. Inside io/, models/ and trainer/ the rooms stand on each other as `floors` says.
# And that files are read through one door, base/input.h, and attributes of HDF5 through another,
# io/files/hdf5_attribute.h: nobody else opens one to read it.
# Prints each offending line; exit code 1 if there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

# forbid FOLDER PATTERN: no file under FOLDER may have an include line that matches PATTERN.
forbid() {
    local hits
    hits=$(grep -rnE "^ *# *include [<\"]($2)" "$1" --include='*.c' --include='*.h' --include='*.def')
    if [ -n "$hits" ]; then
        printf '%s\n' "$hits"
        bad=1
    fi
}

forbid base 'comm/|io/|models/|trainer/'
forbid comm 'io/|models/|trainer/'
forbid io 'comm/|models/|trainer/'
forbid models 'comm/|io/|trainer/'
for folder in base io models trainer; do forbid "$folder" 'mpi\.h'; done
for folder in base comm models trainer; do forbid "$folder" 'hdf5'; done
for folder in base comm io trainer models/graph models/codes models/ops models/energies models/nets models/decoders; do
    forbid "$folder" '(cblas|dnnl|openblas)[a-z_]*\.h'
done

# floors FOLDER ROOM ...: from the ground up; a room includes only what stands before it.
floors() {
    local folder=$1 above room
    shift
    while [ $# -gt 1 ]; do
        room=$1
        shift
        above=$(printf '%s/.*|' "$@")
        forbid "$folder/$room" "$folder/(${above%|})"
    done
}
floors io files images shards checkpoint views packing
floors models kernels graph codes ops energies nets decoders
floors trainer run optimizers parts sparse methods job streams evaluation codes evaluators loop commands
floors trainer run optimizers parts sparse methods job streams evaluation codes evaluators loop benches

# only_in PATTERN FILE ...: the pattern stands in no other source file.
only_in() {
    local pattern=$1 hits file
    shift
    hits=$(grep -rnE "$pattern" base comm io models trainer --include='*.c' --include='*.h')
    for file in "$@"; do hits=$(grep -v "^$file:" <<<"$hits"); done
    if [ -n "$hits" ]; then
        printf '%s\n' "$hits"
        bad=1
    fi
}
# Who makes a folder's names durable opens it, too; it is not read.
only_in 'O_RDONLY|(fopen|freopen)\([^"]*("[^"]*")?[^"]*, *"r|gzopen' base/input.c io/files/atomic_file.c
only_in 'H5Fopen|H5Fis_hdf5' io/files/hdf5_file.c
only_in 'H5Dopen' io/files/hdf5_dataset.c io/files/hdf5_file.c io/files/hdf5_parts.c \
    io/checkpoint/checkpoint.c
only_in 'H5Aopen|H5Aread' io/files/hdf5_attribute.c

[ "$bad" = 0 ] && echo "layers: every include points down, files and attributes are read through one door each" ||
    echo "layers: the lines above point up, reach for another folder's library, or go round a door"
exit "$bad"
