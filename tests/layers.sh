#!/usr/bin/env bash
# Checks that every folder includes only what lies below it, and each library header one folder:
#   base <- comm <- {io, models} <- trainer;  mpi.h in comm/, hdf5.h in io/, cblas.h and dnnl.h in
#   models/kernels/. Prints each offending line; exit code 1 if there is one.
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
for folder in base comm io trainer models/ops models/energies models/nets; do
    forbid "$folder" '(cblas|dnnl|openblas)[a-z_]*\.h'
done
for file in models/*.c models/*.h; do [ -e "$file" ] && forbid "$file" '(cblas|dnnl)\.h'; done

[ "$bad" = 0 ] && echo "layers: every include points down" || echo "layers: the lines above point up or reach for another folder's library"
exit "$bad"
