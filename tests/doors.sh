#!/usr/bin/env bash
# Checks that files come to be through few doors: who may create a file at all, and that every command
# that writes a file the user names asks io/files/named_output.h first. Prints each offending line; exit code 1
# if there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

# only PATTERN WHAT FILE ...: no other source has a line that matches PATTERN. A file may be a folder, too.
only() {
    local pattern=$1 what=$2 hits
    shift 2
    hits=$(git ls-files 'base/*.c' 'comm/*.c' 'io/*.c' 'models/*.c' 'trainer/*.c' | grep -vE "^($(IFS='|'; echo "$*"))" |
        xargs grep -nE "$pattern")
    [ -z "$hits" ] && return
    printf '%s\n' "$hits" "  $what: only in $*"
    bad=1
}

only 'fopen\([^;]*"[wa]|O_CREAT|H5Fcreate|[^_]creat\(|freopen\(' 'creates a file' \
    io/files/atomic_file.c io/files/hdf5_output.c io/images/pictures.c base/trace.c comm/heartbeat.c \
    trainer/run/ trainer/loop/proof.c

# Files outside a run folder are named by the user: in commands, sheets of views, shards.
writers='(code_writer_open|shard_writer_open|checkpoint_write|picture_write|[^_]sheet_write|atomic_file_begin|atomic_file_write_text)\('
for file in $(git ls-files 'trainer/commands/*.c' | xargs grep -lE "$writers|view_sheet_write\("); do
    grep -q 'named_output_check(' "$file" && continue
    grep -nE "$writers|view_sheet_write\(" "$file" /dev/null
    echo "  writes a file that the user names: ask named_output_check first"
    bad=1
done
only "(shard|encoded)_writer_open\(" 'writes a shard: its name is checked by io/shards/shard_names.h' \
    io/shards/shard_writer.c io/shards/encoded_writer.c io/shards/shard_series.c io/packing/image_shard.c trainer/commands/encode.c

[ "$bad" = 0 ] && echo "doors: files come to be where they may" || echo "doors: the lines above go past them"
exit "$bad"
