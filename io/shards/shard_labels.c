// io/shards/shard_labels.c -- reads labels, block by block when all are to be checked.
#include "io/shards/shard_labels.h"

#include "io/files/hdf5_dataset.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/shards/label_column.h"
#include "io/shards/shard.h"

#include <inttypes.h>
#include <string.h>

#define BLOCK_LABELS   4096
#define MOST_UNWRITTEN ((uint64_t)1 << 30) // labels that are looked at though nobody wrote them

// How many labels from the first on are looked at: where nobody wrote any, all are the fill value.
static status count_to_look_at(const label_column *column, const shard_layout *l, uint64_t *count)
{
    bool all_alike = column->unwritten == label_column_length(column);
    *count = all_alike && l->count > 0 ? 1 : l->count;
    CHECK(all_alike || column->unwritten <= MOST_UNWRITTEN, ST_BAD_DATA,
          "%s: of the labels \"%s\", %" PRIu64
          " were never written: write them, or set data.labels to "
          "others, or to nothing",
          column->path, column->name, column->unwritten);
    return ST_OK;
}

// The names of classes that the column or the file gives. The file's are of SHARD_LABELS, if it has
// them.
static status read_names(const label_column *column, hid_t file, shard_layout *l)
{
    if (column->kind == LABELS_TEXT || column->kind == LABELS_ENUM) {
        uint64_t count;
        TRY(count_to_look_at(column, l, &count));
        TRY(label_column_gather(column, l->labels_first, count, &l->class_names));
        return class_list_sort(&l->class_names);
    }
    TRY(label_names_read(column->set, column->path, &l->class_names));
    bool of_others =
        strcmp(column->name, SHARD_LABELS) != 0 && H5Lexists(file, SHARD_LABELS, H5P_DEFAULT) > 0;
    if (l->class_names.count > 0 || of_others) return ST_OK;
    return label_names_read(file, column->path, &l->class_names);
}

static status check_range(const label_column *column, shard_layout *l)
{
    int64_t values[BLOCK_LABELS];
    uint64_t all;
    TRY(count_to_look_at(column, l, &all));
    for (uint64_t first = 0; first < all; first += BLOCK_LABELS) {
        uint64_t left = all - first, count = left < BLOCK_LABELS ? left : BLOCK_LABELS;
        TRY(label_column_read(column, &l->class_names, l->labels_first + first, count, values));
        for (uint64_t i = 0; i < count; i++)
            if (values[i] >= l->classes) l->classes = (int)values[i] + 1;
    }
    CHECK(l->class_names.count == 0 || l->classes <= l->class_names.count, ST_BAD_DATA,
          "%s: there is a label %d, but class_names names %d classes, from 0 on: name all of them, "
          "or say data.classes=by_number to leave names aside",
          column->path, l->classes - 1, l->class_names.count);
    return ST_OK;
}

// length: of the column that is expected.
static status check_column(const label_column *column, hid_t file, const dataset_source *source,
                           shard_layout *l, uint64_t length)
{
    uint64_t found = label_column_length(column);
    bool numbers = column->kind == LABELS_INTEGER || column->kind == LABELS_REAL;
    CHECK(found == length, ST_BAD_DATA,
          "%s: labels \"%s\" are %" PRIu64 ", but there are %" PRIu64
          " images; one label for each is expected",
          column->path, column->name, found, length);
    if (!numbers || !source->by_number) TRY(read_names(column, file, l));
    TRY(check_range(column, l));
    l->labelled = true;
    l->labels_unwritten = column->unwritten;
    return ST_OK;
}

status shard_labels_check(hid_t file, const dataset_source *source, shard_layout *l)
{
    hid_t set = -1;
    label_column column;
    char files[PATH_MAX];
    const char *labels = source->labels;
    if (labels[0] == '\0' || dataset_labels_inside(labels, files) != labels) return ST_OK;
    if (strcmp(labels, SHARD_LABELS) == 0) {
        TRY(hdf5_open_if_any(&set, file, l->path, "labels", labels));
        if (set < 0) return ST_OK;
        TRY(label_column_take(&column, set, l->path, labels));
    } else {
        TRY(label_column_open(&column, file, l->path, labels));
    }
    status s = check_column(&column, file, source, l, l->count);
    label_column_close(&column);
    return s;
}

// One column of a file, opened.
typedef struct open_column {
    hid_t file;
    label_column column;
} open_column;

static status open_labels(open_column *o, const char *path, const char *name)
{
    TRY(hdf5_open(&o->file, path));
    status s = label_column_open(&o->column, o->file, path, name);
    if (s != ST_OK) H5Fclose(o->file);
    return s;
}

static void close_labels(open_column *o)
{
    label_column_close(&o->column);
    H5Fclose(o->file);
}

static status attach_locked(shard_layout *l, const dataset_source *source, uint64_t length)
{
    open_column o;
    char files[PATH_MAX];
    TRY(open_labels(&o, l->labels_path, dataset_labels_inside(source->labels, files)));
    status s = check_column(&o.column, o.file, source, l, length);
    close_labels(&o);
    return s;
}

status shard_labels_attach(shard_layout *l, const dataset_source *source, const char *path,
                           uint64_t first, uint64_t length)
{
    l->labels_first = first;
    l->labels_path = strdup(path);
    CHECK(l->labels_path != NULL, ST_INTERNAL, "no memory for the path %s", path);
    hdf5_lock();
    status s = attach_locked(l, source, length);
    hdf5_unlock();
    return s;
}

static status read_locked(const shard_layout *l, const char *labels, uint64_t first, uint64_t count,
                          int64_t *values)
{
    open_column o;
    TRY(open_labels(&o, l->labels_path != NULL ? l->labels_path : l->path, labels));
    status s =
        label_column_read(&o.column, &l->class_names, l->labels_first + first, count, values);
    for (uint64_t i = 0; i < count && s == ST_OK; i++)
        if (values[i] >= l->classes)
            s = failure(ST_BAD_DATA,
                        "%s: the label of sample %" PRIu64 " has changed since the file was opened",
                        o.column.path, first + i);
    close_labels(&o);
    return s;
}

status shard_labels_read(const shard_layout *l, const char *labels, uint64_t first, uint64_t count,
                         int64_t *values)
{
    hdf5_lock();
    status s = read_locked(l, labels, first, count, values);
    hdf5_unlock();
    return s;
}
