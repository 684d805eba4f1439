// io/files/hdf5_parts.c -- a walk over chunks, external files and sources of sources.
#include "io/files/hdf5_parts.h"

#include "base/input.h"
#include "io/files/hdf5_dataset.h"
#include "io/files/hdf5_source.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEEPEST     8                  // virtual data sets of virtual data sets
#define MOST_CHUNKS ((hsize_t)1 << 22) // that are looked at one by one

// A data set on the way down.
typedef struct part {
    hid_t set, settings;
    const char *path, *name;
    int depth, rank;
    hsize_t dims[H5S_MAX_RANK];
    uint64_t values; // all of them
} part;

static status check_part(part *p, int axis, uint64_t *unwritten);

static hsize_t divide_up(hsize_t a, hsize_t b)
{
    return a / b + (a % b != 0);
}

// How many indices of an axis so many values would fill; all values count when there is no such
// axis.
static uint64_t indices_of(const part *p, int axis, uint64_t values)
{
    if (axis < 0 || axis >= p->rank || p->values == 0) return values;
    uint64_t each = p->values / p->dims[axis];
    return divide_up(values, each);
}

// The grid of chunks of a data set.
typedef struct grid {
    hsize_t chunk[H5S_MAX_RANK], sides[H5S_MAX_RANK]; // values of a chunk; chunks of the data set
    hsize_t chunks;
} grid;

static bool is_unwritten(const part *p, const grid *g, hsize_t number)
{
    hsize_t at[H5S_MAX_RANK];
    for (int i = p->rank - 1; i >= 0; i--) {
        at[i] = number % g->sides[i] * g->chunk[i];
        number /= g->sides[i];
    }
    return hdf5_chunk_bytes(p->set, at) == 0;
}

// Chunks that have the same place on the axis share their indices.
static uint64_t count_along(const part *p, const grid *g, int axis)
{
    hsize_t inner = 1;
    for (int i = axis + 1; i < p->rank; i++)
        inner *= g->sides[i];
    hsize_t outer = g->chunks / g->sides[axis] / inner;
    uint64_t count = 0;
    for (hsize_t row = 0; row < g->sides[axis]; row++) {
        bool missing = false;
        for (hsize_t o = 0; o < outer && !missing; o++)
            for (hsize_t i = 0; i < inner && !missing; i++)
                missing = is_unwritten(p, g, (o * g->sides[axis] + row) * inner + i);
        hsize_t left = p->dims[axis] - row * g->chunk[axis];
        if (missing) count += left < g->chunk[axis] ? left : g->chunk[axis];
    }
    return count;
}

static uint64_t count_chunked(const part *p, int axis)
{
    grid g = {.chunks = 1};
    hsize_t written = 0, each = 1;
    H5Pget_chunk(p->settings, p->rank, g.chunk);
    for (int i = 0; i < p->rank; i++) {
        g.sides[i] = divide_up(p->dims[i], g.chunk[i]);
        if (__builtin_mul_overflow(g.chunks, g.sides[i], &g.chunks)) g.chunks = HSIZE_UNDEF;
        each *= g.chunk[i];
    }
    hid_t space = H5Dget_space(p->set); // HDF5 1.10 does not take H5S_ALL
    herr_t counted = H5Dget_num_chunks(p->set, space, &written);
    H5Sclose(space);
    if (counted < 0 || written >= g.chunks) return 0;
    if (written == 0) return indices_of(p, axis, p->values);
    if (axis >= 0 && axis < p->rank && g.chunks <= MOST_CHUNKS) return count_along(p, &g, axis);
    hsize_t missing = g.chunks - written;
    return indices_of(p, axis, missing < p->values / each ? missing * each : p->values);
}

// `left` bytes of the values stand in this file from `offset` on.
static status check_external(const part *p, const char *name, uint64_t offset, uint64_t left)
{
    char path[PATH_MAX];
    int descriptor;
    uint64_t size = 0;
    hdf5_external_path(path, p->path, name);
    TRY(input_open(&descriptor, path));
    status s = input_size(descriptor, path, &size);
    close(descriptor); // only looked at
    TRY(s);
    CHECK(size >= left && size - left >= offset, ST_BAD_DATA,
          "%s: \"%s\" keeps %" PRIu64 " bytes in %s from byte %" PRIu64
          " on, which has only %" PRIu64 ": copy it again",
          p->path, p->name, left, path, offset, size);
    return ST_OK;
}

static status check_externals(const part *p)
{
    uint64_t left = H5Dget_storage_size(p->set);
    int count = H5Pget_external_count(p->settings);
    for (int i = 0; i < count && left > 0; i++) {
        char name[PATH_MAX] = "";
        off_t offset = 0;
        hsize_t size = 0;
        H5Pget_external(p->settings, (unsigned)i, sizeof name - 1, name, &offset, &size);
        uint64_t here = size < left ? size : left;
        TRY(check_external(p, name, (uint64_t)offset, here));
        left -= here;
    }
    return ST_OK;
}

// Names with %b stand for many; the first of them. %% is a percent sign.
static void first_name(const char *pattern, char name[PATH_MAX])
{
    size_t used = 0;
    for (; pattern[0] != '\0' && used + 1 < PATH_MAX; pattern++) {
        bool escape = pattern[0] == '%' && (pattern[1] == 'b' || pattern[1] == '%');
        if (escape) pattern++;
        name[used] = pattern[0];
        if (escape && pattern[0] == 'b') name[used] = '0';
        used++;
    }
    name[used] = '\0';
}

// What is taken from a source must lie inside it; all of it must fill its `place`.
static status check_bounds(const part *p, const part *source, hid_t wanted, hid_t place)
{
    hssize_t values = H5Sget_select_npoints(place);
    CHECK(H5Sget_select_type(wanted) != H5S_SEL_ALL || values < 0 ||
              (uint64_t)values == source->values,
          ST_BAD_DATA,
          "%s: \"%s\" wants %" PRId64 " values of \"%s\" in its source %s, which has %" PRIu64,
          p->path, p->name, (int64_t)values, source->name, source->path, source->values);
    if (H5Sget_select_type(wanted) == H5S_SEL_ALL) return ST_OK;
    hsize_t first[H5S_MAX_RANK], last[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_ndims(wanted);
    if (rank != source->rank || H5Sget_select_bounds(wanted, first, last) < 0) return ST_OK;
    for (int i = 0; i < rank; i++)
        CHECK(last[i] < source->dims[i], ST_BAD_DATA,
              "%s: \"%s\" wants index %" PRIu64 " of axis %d of \"%s\" in its source %s, which has "
              "only %" PRIu64,
              p->path, p->name, (uint64_t)last[i], i, source->name, source->path,
              (uint64_t)source->dims[i]);
    return ST_OK;
}

// HDF5 itself counts modulo 2^64.
static status count_values(part *p)
{
    p->values = 1;
    for (int i = 0; i < p->rank; i++)
        if (p->dims[i] == 0) p->values = 0;
    for (int i = 0; i < p->rank; i++)
        CHECK(!__builtin_mul_overflow(p->values, p->dims[i], &p->values) && p->values <= INT64_MAX,
              ST_BAD_DATA,
              "%s: \"%s\" says that it has more than 2^63 values, which no file holds: it is "
              "damaged, "
              "or its sizes are mistaken",
              p->path, p->name);
    return ST_OK;
}

static status describe_part(part *p)
{
    hid_t space = H5Dget_space(p->set);
    p->settings = H5Dget_create_plist(p->set);
    p->rank = H5Sget_simple_extent_dims(space, p->dims, NULL);
    H5S_class_t kind = H5Sget_simple_extent_type(space);
    H5Sclose(space);
    CHECK(p->settings >= 0 && p->rank >= 0, ST_BAD_DATA, "%s: \"%s\" cannot be read: copy it again",
          p->path, p->name);
    TRY(count_values(p));
    if (kind == H5S_NULL) p->values = 0;
    return ST_OK;
}

// spaces: what is taken from the source, and where it goes.
static status check_source_set(const part *p, const hdf5_source *source, const char *name,
                               const hid_t spaces[2], uint64_t *unwritten)
{
    part inside = {.path = source->path, .name = name, .depth = p->depth + 1};
    inside.set = H5Dopen2(source->file, name, H5P_DEFAULT);
    CHECK(inside.set >= 0, ST_BAD_DATA,
          "%s: \"%s\" is made of data set \"%s\" in %s, which cannot be opened there", p->path,
          p->name, name, source->path);
    status s = describe_part(&inside);
    if (s == ST_OK) s = check_bounds(p, &inside, spaces[0], spaces[1]);
    if (s == ST_OK) s = check_part(&inside, -1, unwritten);
    if (inside.settings >= 0) H5Pclose(inside.settings);
    H5Dclose(inside.set);
    return s;
}

// One after the other, sources are often of one file.
static status use_source(const part *p, hdf5_source *source, const char *name)
{
    if (source->file >= 0 && strcmp(source->name, name) == 0) return ST_OK;
    if (source->file >= 0) H5Fclose(source->file);
    source->file = -1;
    if (strcmp(name, ".") != 0) return hdf5_source_open(source, p->path, name);
    snprintf(source->name, sizeof source->name, "%s", name);
    snprintf(source->path, sizeof source->path, "%s", p->path);
    source->file = H5Iget_file_id(p->set);
    CHECK(source->file >= 0, ST_IO, "%s: cannot be read", p->path);
    return ST_OK;
}

static status check_mapping(const part *p, size_t i, hdf5_source *source, uint64_t *unwritten,
                            uint64_t *mapped)
{
    char pattern[PATH_MAX] = "", name[PATH_MAX];
    H5Pget_virtual_filename(p->settings, i, pattern, sizeof pattern);
    first_name(pattern, name);
    TRY(use_source(p, source, name));
    H5Pget_virtual_dsetname(p->settings, i, pattern, sizeof pattern);
    first_name(pattern, name);
    const hid_t spaces[2] = {H5Pget_virtual_srcspace(p->settings, i),
                             H5Pget_virtual_vspace(p->settings, i)};
    hssize_t values = H5Sget_select_npoints(spaces[1]);
    // As many as there are, where the selection has no end.
    *mapped += values >= 0 && (uint64_t)values < p->values ? (uint64_t)values : p->values;
    status s = check_source_set(p, source, name, spaces, unwritten);
    H5Sclose(spaces[0]);
    H5Sclose(spaces[1]);
    return s;
}

static status check_virtual(const part *p, uint64_t *unwritten)
{
    hdf5_source source = {.file = -1};
    size_t count = 0;
    uint64_t mapped = 0;
    CHECK(p->depth < DEEPEST, ST_BAD_DATA,
          "%s: virtual data set \"%s\" is made of itself, or of others more than %d deep", p->path,
          p->name, DEEPEST);
    H5Pget_virtual_count(p->settings, &count);
    status s = ST_OK;
    for (size_t i = 0; i < count && s == ST_OK; i++) {
        uint64_t inside = 0;
        s = check_mapping(p, i, &source, &inside, &mapped);
        *unwritten += inside;
        if (mapped > p->values) mapped = p->values; // they may lie over each other
    }
    if (source.file >= 0) H5Fclose(source.file);
    *unwritten += p->values - mapped;
    return s;
}

static bool has_fill_value(const part *p)
{
    H5D_fill_value_t fill = H5D_FILL_VALUE_DEFAULT;
    return H5Pfill_value_defined(p->settings, &fill) < 0 || fill != H5D_FILL_VALUE_UNDEFINED;
}

static status check_part(part *p, int axis, uint64_t *unwritten)
{
    *unwritten = 0;
    H5D_layout_t layout = H5Pget_layout(p->settings);
    if (layout == H5D_VIRTUAL) {
        TRY(check_virtual(p, unwritten));
        *unwritten = indices_of(p, axis, *unwritten);
    } else if (layout == H5D_CHUNKED) {
        *unwritten = count_chunked(p, axis);
    } else if (layout == H5D_CONTIGUOUS && H5Pget_external_count(p->settings) > 0) {
        TRY(check_externals(p));
    } else if (layout == H5D_CONTIGUOUS && H5Dget_offset(p->set) == HADDR_UNDEF) {
        *unwritten = indices_of(p, axis, p->values);
    }
    CHECK(*unwritten == 0 || has_fill_value(p), ST_BAD_DATA,
          "%s: parts of \"%s\" were never written, and it has no fill value: write them", p->path,
          p->name);
    return ST_OK;
}

status hdf5_check_parts(hid_t set, const char *path, const char *name, int axis,
                        uint64_t *unwritten)
{
    char own[PATH_MAX] = "";
    // A link may have led to another file, and sources are looked for beside that one.
    hid_t file = H5Iget_file_id(set);
    if (H5Fget_name(file, own, sizeof own) <= 0) snprintf(own, sizeof own, "%s", path);
    H5Fclose(file);
    part p = {.set = set, .settings = -1, .path = own, .name = name};
    status s = describe_part(&p);
    if (s == ST_OK) s = check_part(&p, axis, unwritten);
    if (p.settings >= 0) H5Pclose(p.settings);
    return s;
}
