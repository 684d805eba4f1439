// io/checkpoint/checkpoint.c -- reads checkpoints, and checks every array against its hash.
#include "io/checkpoint/checkpoint.h"

#include "base/finite.h"
#include "base/input.h"
#include "io/checkpoint/checkpoint_format.h"
#include "io/checkpoint/checkpoint_pieces.h"
#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/files/seal.h"
#include "io/shards/shard.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A text attribute of the root.
typedef struct stored_text {
    struct stored_text *next;
    char *name, *value;
} stored_text;

struct checkpoint {
    char *path;
    hid_t file;
    checkpoint_array *arrays; // in order of names, data NULL
    size_t array_count, array_capacity;
    stored_text *texts;
    uint64_t manifest;             // of what was found
    uint64_t room;                 // bytes of the file that no array has taken
    bool no_memory, bad_array;     // while the table of contents is read
    char bad_name[HDF5_TEXT_SIZE]; // the array that no checkpoint holds
};

static bool describe_type(hid_t dataset, checkpoint_array *array)
{
    hid_t type = H5Dget_type(dataset);
    bool known = false;
    for (int t = ARRAY_F32; t <= ARRAY_U64 && !known; t++)
        if (H5Tequal(type, array_stored((array_type)t)) > 0) {
            array->type = (array_type)t;
            known = true;
        }
    H5Tclose(type);
    return known;
}

static bool describe_shape(hid_t dataset, checkpoint_array *array)
{
    hsize_t dims[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    array->rank = H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    for (int i = 0; i < array->rank && i < 4; i++)
        array->dims[i] = dims[i];
    return array->rank >= 0 && array->rank <= 4;
}

// Whether all its bytes stand in this file, in one piece, apart from those of the arrays before:
// what is left to the reader, or lies in another file, could be of any size.
static bool is_stored_here(hid_t dataset, const checkpoint_array *array, uint64_t *room)
{
    size_t bytes = array->type == ARRAY_F32 ? 4 : 8;
    for (int i = 0; i < array->rank; i++)
        if (__builtin_mul_overflow(bytes, array->dims[i], &bytes)) return false;
    hid_t creation = H5Dget_create_plist(dataset);
    bool here = H5Pget_layout(creation) == H5D_CONTIGUOUS && H5Pget_external_count(creation) == 0;
    H5Pclose(creation);
    if (!here || H5Dget_storage_size(dataset) != bytes || bytes > *room) return false;
    *room -= bytes;
    return true;
}

// The number that vouches for the object; false when it has not exactly one.
static bool read_hash(hid_t object, const char *path, const char *name,
                      uint64_t *hash) // NOLINT(readability-non-const-parameter): written to
{
    bool found;
    const hdf5_numbers wanted = {name, 1, H5T_NATIVE_UINT64, hash};
    if (hdf5_read_numbers(object, path, &wanted, &found) != ST_OK) status_clear();
    return found;
}

static void list_array(hid_t dataset, const char *name, void *context)
{
    checkpoint *c = context;
    if (c->array_count == c->array_capacity) {
        size_t capacity = 2 * c->array_capacity + 64;
        checkpoint_array *more = realloc(c->arrays, capacity * sizeof *more);
        if (more == NULL) {
            c->no_memory = true;
            return;
        }
        c->arrays = more;
        c->array_capacity = capacity;
    }
    checkpoint_array array = {.rank = 0};
    uint64_t hash = 0;
    if (strlen(name) >= sizeof array.name || !describe_type(dataset, &array) ||
        !describe_shape(dataset, &array) || !is_stored_here(dataset, &array, &c->room) ||
        !read_hash(dataset, c->path, CHECKPOINT_HASH, &hash)) {
        c->bad_array = true;
        snprintf(c->bad_name, sizeof c->bad_name, "%s", name);
        return;
    }
    snprintf(array.name, sizeof array.name, "%s", name);
    c->arrays[c->array_count++] = array;
    c->manifest += manifest_array(&array, hash);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const checkpoint_array *)a)->name, ((const checkpoint_array *)b)->name);
}

static status list_arrays(checkpoint *c)
{
    hsize_t size = 0;
    CHECK(H5Fget_filesize(c->file, &size) >= 0, ST_IO, "%s: its size cannot be asked for", c->path);
    c->room = size;
    TRY(hdf5_each_dataset(c->file, c->path, list_array, c));
    CHECK(!c->no_memory, ST_INTERNAL, "no memory for the list of arrays of %s", c->path);
    CHECK(!c->bad_array, ST_BAD_DATA,
          "%s: array \"%s\" is not one of a checkpoint (at most 4 sizes of float32, int64 or "
          "uint64, whole and in this file, with its hash)",
          c->path, c->bad_name);
    if (c->array_count > 0) qsort(c->arrays, c->array_count, sizeof *c->arrays, compare_names);
    return ST_OK;
}

// Keeps every text of the root, and adds it to the manifest.
static herr_t list_text(hid_t root, const char *name, const H5A_info_t *info, void *context)
{
    (void)info;
    checkpoint *c = context;
    char *value = hdf5_get_text(root, name); // NULL: a number
    if (value == NULL) return 0;
    stored_text *text = calloc(1, sizeof *text);
    if (text == NULL || (text->name = strdup(name)) == NULL) {
        free(text);
        free(value);
        c->no_memory = true;
        return -1;
    }
    *text = (stored_text){c->texts, text->name, value};
    c->texts = text;
    if (strcmp(name, SHARD_ATTRIBUTE_FORMAT) != 0) c->manifest += manifest_text(name, value);
    return 0;
}

static status list_texts(checkpoint *c)
{
    hsize_t at = 0;
    herr_t listed = H5Aiterate2(c->file, H5_INDEX_NAME, H5_ITER_NATIVE, &at, list_text, c);
    CHECK(!c->no_memory, ST_INTERNAL, "no memory for the texts of %s", c->path);
    CHECK(listed >= 0, ST_BAD_DATA, "%s: its texts cannot be read: use an older checkpoint",
          c->path);
    return ST_OK;
}

static status check_format(checkpoint *c)
{
    int version = 0;
    TRY(list_texts(c));
    const char *format = checkpoint_get_text(c, SHARD_ATTRIBUTE_FORMAT);
    bool ours = format != NULL && strcmp(format, CHECKPOINT_FORMAT) == 0;
    CHECK(ours, ST_BAD_DATA, "%s: an HDF5 file, but not a checkpoint of basin", c->path);
    bool found;
    const hdf5_numbers wanted = {SHARD_ATTRIBUTE_VERSION, 1, H5T_NATIVE_INT, &version};
    TRY(hdf5_read_numbers(c->file, c->path, &wanted, &found));
    CHECK(found && version == CHECKPOINT_FORMAT_VERSION, ST_BAD_DATA,
          "%s: has checkpoint format version %d, this program reads version %d: use the program "
          "that wrote it",
          c->path, version, CHECKPOINT_FORMAT_VERSION);
    return ST_OK;
}

static status open_locked(checkpoint *c)
{
    TRY(hdf5_open(&c->file, c->path));
    TRY(check_format(c));
    TRY(list_arrays(c));
    uint64_t manifest = 0;
    bool found = read_hash(c->file, c->path, CHECKPOINT_MANIFEST, &manifest);
    CHECK(found && manifest == c->manifest, ST_BAD_DATA,
          "%s: is damaged (what it holds is not what its manifest says): use an older checkpoint",
          c->path);
    return ST_OK;
}

status checkpoint_open(checkpoint **out, const char *path)
{
    *out = NULL;
    checkpoint *c = calloc(1, sizeof *c);
    CHECK(c != NULL, ST_INTERNAL, "no memory to open %s", path);
    c->file = -1;
    c->path = strdup(path);
    status s = c->path != NULL ? ST_OK : failure(ST_INTERNAL, "no memory for a path");
    if (s == ST_OK) s = seal_check(path);
    if (s == ST_OK) {
        hdf5_lock();
        s = open_locked(c);
        hdf5_unlock();
    }
    if (s == ST_OK)
        *out = c;
    else
        checkpoint_close(c);
    return s;
}

// "float32 (64, 3, 7, 7)"
static const char *array_text(const checkpoint_array *array, char text[HDF5_TEXT_SIZE])
{
    static const char *const names[] = {"float32", "int64", "uint64"};
    int used = snprintf(text, HDF5_TEXT_SIZE, "%s (", names[array->type]);
    for (int i = 0; i < array->rank; i++)
        used += snprintf(text + used, HDF5_TEXT_SIZE - (size_t)used, "%s%" PRIu64,
                         i == 0 ? "" : ", ", array->dims[i]);
    snprintf(text + used, HDF5_TEXT_SIZE - (size_t)used, ")");
    return text;
}

static bool same_layout(const checkpoint_array *a, const checkpoint_array *b)
{
    bool same = a->type == b->type && a->rank == b->rank;
    for (int i = 0; i < a->rank && same; i++)
        same = a->dims[i] == b->dims[i];
    return same;
}

// Without the lock. Reads an array whose layout is known to be right, and checks its hash, for
// which `own` serves; its bytes join `total` too, if there is one.
static status read_array(checkpoint *c, const checkpoint_array *array, pieces_way way,
                         XXH3_state_t *own, XXH3_state_t *total)
{
    char reason[HDF5_TEXT_SIZE] = "";
    uint64_t hash = 0;
    hdf5_lock();
    hid_t dataset = H5Dopen2(c->file, array->name, H5P_DEFAULT);
    herr_t result = dataset >= 0 ? 0 : -1;
    if (result < 0) hdf5_reason(reason);
    if (result >= 0 && !read_hash(dataset, c->path, CHECKPOINT_HASH, &hash)) result = -1;
    hdf5_unlock();
    XXH3_64bits_reset(own);
    if (result >= 0)
        result = pieces_move(dataset, array, way, (XXH3_state_t *[2]){own, total}, reason);
    hdf5_lock();
    if (dataset >= 0) H5Dclose(dataset);
    hdf5_unlock();
    CHECK(result >= 0, ST_IO, "%s: array \"%s\" cannot be read (%s)", c->path, array->name, reason);
    CHECK(XXH3_64bits_digest(own) == hash, ST_BAD_DATA,
          "%s: array \"%s\" is damaged (its bytes do not have the hash stored with it): use an "
          "older checkpoint",
          c->path, array->name);
    return ST_OK;
}

// NULL: there is none.
static const checkpoint_array *find_stored(const checkpoint *c, const checkpoint_array *named)
{
    if (c->array_count == 0) return NULL;
    return bsearch(named, c->arrays, c->array_count, sizeof *c->arrays, compare_names);
}

status checkpoint_read(checkpoint *c, checkpoint_array *array)
{
    const checkpoint_array *stored = find_stored(c, array);
    CHECK(stored != NULL, ST_BAD_DATA, "%s: holds no array \"%s\": was it made by another job?",
          c->path, array->name);
    char expected[HDF5_TEXT_SIZE], found[HDF5_TEXT_SIZE];
    CHECK(same_layout(stored, array), ST_BAD_DATA,
          "%s: array \"%s\" is %s, but this job expects %s", c->path, array->name,
          array_text(stored, found), array_text(array, expected));
    XXH3_state_t *own = XXH3_createState();
    CHECK(own != NULL, ST_INTERNAL, "no memory to read %s", c->path);
    status s = read_array(c, array, PIECES_READ, own, NULL);
    XXH3_freeState(own);
    TRY(s);
    bool sound = array->type != ARRAY_F32 ||
                 floats_finite(array->data, checkpoint_array_bytes(array) / sizeof(float));
    CHECK(sound, ST_BAD_DATA,
          "%s: array \"%s\" holds NaN or infinite numbers: use an older checkpoint", c->path,
          array->name);
    return ST_OK;
}

const char *checkpoint_get_text(const checkpoint *c, const char *name)
{
    for (const stored_text *t = c->texts; t != NULL; t = t->next)
        if (strcmp(t->name, name) == 0) return t->value;
    return NULL;
}

size_t checkpoint_count(const checkpoint *c)
{
    return c->array_count;
}

void checkpoint_describe(const checkpoint *c, size_t i, checkpoint_array *array)
{
    ASSERT(i < c->array_count);
    void *data = array->data;
    *array = c->arrays[i];
    array->data = data;
}

bool checkpoint_find(const checkpoint *c, const char *name, checkpoint_array *array)
{
    checkpoint_array named = {.rank = 0};
    snprintf(named.name, sizeof named.name, "%s", name);
    const checkpoint_array *stored = find_stored(c, &named);
    if (stored == NULL) return false;
    named = *stored;
    named.data = array->data;
    *array = named;
    return true;
}

// One array, skimmed through `buffer`, joins the hash: name with its zero, type, rank, dims,
// contents.
static status add_to_hash(checkpoint *c, XXH3_state_t *own, XXH3_state_t *total, size_t i,
                          void *buffer)
{
    checkpoint_array array = c->arrays[i];
    array.data = buffer;
    if (strncmp(array.name, CHECKPOINT_DATA, strlen(CHECKPOINT_DATA)) == 0)
        return read_array(c, &array, PIECES_SKIM, own, NULL);
    const uint64_t head[6] = {(uint64_t)array.type, (uint64_t)array.rank, array.dims[0],
                              array.dims[1],        array.dims[2],        array.dims[3]};
    XXH3_64bits_update(total, array.name, strlen(array.name) + 1);
    XXH3_64bits_update(total, head, sizeof head);
    return read_array(c, &array, PIECES_SKIM, own, total);
}

status checkpoint_hash(checkpoint *c, const char *prefix, uint64_t *hash)
{
    size_t most = 1;
    for (size_t i = 0; i < c->array_count; i++)
        if (pieces_most(&c->arrays[i]) > most) most = pieces_most(&c->arrays[i]);
    void *buffer = malloc(most);
    XXH3_state_t *own = XXH3_createState(), *total = XXH3_createState();
    status s = ST_OK;
    if (buffer == NULL || own == NULL || total == NULL) {
        s = failure(ST_INTERNAL, "no memory to hash %s", c->path);
    } else {
        XXH3_64bits_reset(total);
        for (size_t i = 0; i < c->array_count && s == ST_OK; i++)
            if (strncmp(c->arrays[i].name, prefix, strlen(prefix)) == 0)
                s = add_to_hash(c, own, total, i, buffer);
        if (s == ST_OK) *hash = XXH3_64bits_digest(total);
    }
    XXH3_freeState(own);
    XXH3_freeState(total);
    free(buffer);
    return s;
}

// What is in the page cache and on the disk already leaves the cache, so that it is read anew.
static void forget_cached(const char *path)
{
    int file;
    if (input_open(&file, path) != ST_OK) {
        status_clear(); // who opens it next tells
        return;
    }
    (void)posix_fadvise(file, 0, 0,
                        POSIX_FADV_DONTNEED); // some file systems cannot: then from memory
    close(file);
}

status checkpoint_verify(const char *path, checkpoint_array *array)
{
    checkpoint *c;
    uint64_t hash;
    forget_cached(path);
    TRY(checkpoint_open(&c, path));
    ASSERT(c != NULL);
    status s = checkpoint_hash(c, "", &hash);
    if (s == ST_OK && array != NULL) s = checkpoint_read(c, array);
    checkpoint_close(c);
    return s;
}

void checkpoint_close(checkpoint *c)
{
    if (c == NULL) return;
    hdf5_lock();
    if (c->file >= 0) H5Fclose(c->file);
    hdf5_unlock();
    while (c->texts != NULL) {
        stored_text *next = c->texts->next;
        free(c->texts->name);
        free(c->texts->value);
        free(c->texts);
        c->texts = next;
    }
    free(c->arrays);
    free(c->path);
    free(c);
}
