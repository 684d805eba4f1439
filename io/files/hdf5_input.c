// io/files/hdf5_input.c -- an HDF5 driver that reads regular files by pread and keeps its first
// reason.
#include "io/files/hdf5_input.h"

#include "base/input.h"
#include "base/pulse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 1024

// What HDF5 holds for an open file; `public` must come first.
typedef struct driver_file {
    H5FD_t public;
    int descriptor;
    dev_t device;
    ino_t inode;
    haddr_t allocated; // end of the addresses that HDF5 uses
    haddr_t size;      // of the file when it was opened
    char path[NAME_SIZE];
} driver_file;

static struct {
    status code; // ST_OK: none
    char text[NAME_SIZE + 256];
    char name[NAME_SIZE]; // without folders
} trouble;

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// Moves this thread's message to `trouble`: HDF5 may go on, and look elsewhere. A thread that had a
// message before (`told`) keeps that one.
static void note_trouble(status code, const char *path, bool told)
{
    if (trouble.code == ST_OK) {
        trouble.code = code;
        snprintf(trouble.text, sizeof trouble.text, "%s", status_message());
        snprintf(trouble.name, sizeof trouble.name, "%s", last_part(path));
    }
    if (!told) status_clear();
}

static bool is_told(void)
{
    return status_message()[0] != '\0';
}

// What was missing in one folder has been found in the next.
static void note_found(const char *path)
{
    if (trouble.code == ST_NO_INPUT && strcmp(trouble.name, last_part(path)) == 0)
        hdf5_input_forget();
}

void hdf5_input_forget(void)
{
    trouble.code = ST_OK;
}

const char *hdf5_input_trouble_text(void)
{
    return trouble.code != ST_OK ? trouble.text : "";
}

status hdf5_input_trouble(void)
{
    return trouble.code != ST_OK ? failure(trouble.code, "%s", trouble.text) : ST_OK;
}

static status open_file(driver_file *f, const char *name)
{
    struct stat about;
    CHECK(strlen(name) < sizeof f->path, ST_IO, "%s: this path is too long", name);
    snprintf(f->path, sizeof f->path, "%s", name);
    TRY(input_open(&f->descriptor, name));
    CHECK(fstat(f->descriptor, &about) == 0, ST_IO, "%s: cannot be looked at: %s", name,
          strerror(errno));
    f->device = about.st_dev;
    f->inode = about.st_ino;
    f->size = (haddr_t)about.st_size;
    return ST_OK;
}

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)access, (void)most;
    if ((flags & H5F_ACC_RDWR) != 0) return NULL; // only to read
    driver_file *f = calloc(1, sizeof *f);
    if (f == NULL) return NULL;
    f->descriptor = -1;
    bool told = is_told();
    status s = open_file(f, name);
    if (s == ST_OK) {
        note_found(name);
        return &f->public;
    }
    note_trouble(s, name, told);
    if (f->descriptor >= 0) close(f->descriptor);
    free(f);
    return NULL;
}

static herr_t driver_close(H5FD_t *file)
{
    driver_file *f = (driver_file *)file;
    close(f->descriptor); // only read from
    free(f);
    return 0;
}

// By what it is and not by its path: HDF5 opens one file only once.
static int driver_compare(const H5FD_t *first, const H5FD_t *second)
{
    const driver_file *a = (const driver_file *)first, *b = (const driver_file *)second;
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode) return a->inode < b->inode ? -1 : 1;
    return 0;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags =
        H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)file)->allocated;
}

static herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((driver_file *)file)->allocated = end;
    return 0;
}

static haddr_t driver_get_eof(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)file)->size;
}

static status read_bytes(const driver_file *f, haddr_t address, void *to, size_t bytes)
{
    size_t got;
    TRY(input_read(f->descriptor, f->path, address, to, bytes, &got));
    CHECK(got == bytes || address + got >= f->size, ST_BAD_DATA,
          "%s: ends at byte %" PRIu64 ", it became shorter meanwhile", f->path,
          (uint64_t)address + got);
    memset((char *)to + got, 0, bytes - got); // where HDF5 looks for its mark in a short file
    return ST_OK;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                          size_t bytes, void *buffer)
{
    (void)type, (void)transfer;
    const driver_file *f = (const driver_file *)file;
    bool told = is_told();
    pulse_tick(); // labels, offsets, attributes: all that HDF5 reads
    status s = read_bytes(f, address, buffer, bytes);
    if (s == ST_OK) return 0;
    note_trouble(s, f->path, told);
    return -1;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                           size_t bytes, const void *buffer)
{
    (void)file, (void)type, (void)transfer, (void)address, (void)bytes, (void)buffer;
    return -1; // only to read
}

static const H5FD_class_t driver = {
#if H5_VERS_MINOR >= 13 || H5_VERS_MAJOR > 1
    .version = H5FD_CLASS_VERSION,
    .value = 510, // of the range for drivers that nobody registered
#endif
    .name = "basin_input",
    .maxaddr = (haddr_t)1 << 62,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .read = driver_read,
    .write = driver_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t hdf5_input_settings(void)
{
    static hid_t id = -1;
    if (id < 0) id = H5FDregister(&driver);
    hid_t settings = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_driver(settings, id, NULL);
    H5Pset_file_locking(settings, false, true);
    return settings;
}
