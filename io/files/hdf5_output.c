// io/files/hdf5_output.c -- an HDF5 driver that keeps its errors to itself, and the atomic rename.
#include "io/files/hdf5_output.h"

#include "base/pulse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What HDF5 holds for an open file; `public` must come first.
typedef struct driver_file {
    H5FD_t public;
    hdf5_output *output;
    haddr_t allocated; // end of the addresses HDF5 has given out
    haddr_t written;   // end of the file
} driver_file;

typedef struct driver_settings {
    hdf5_output *output;
} driver_settings;

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name, (void)flags, (void)most;
    const driver_settings *settings = H5Pget_driver_info(access);
    driver_file *f = calloc(1, sizeof *f);
    if (f == NULL || settings == NULL) {
        free(f);
        return NULL;
    }
    f->output = settings->output;
    return &f->public;
}

static herr_t driver_close(H5FD_t *file)
{
    free(file);
    return 0;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
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
    return ((const driver_file *)file)->written;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                          size_t bytes, void *buffer)
{
    (void)type, (void)transfer;
    const driver_file *f = (const driver_file *)file;
    char *to = buffer;
    while (bytes > 0) {
        ssize_t got = pread(f->output->descriptor, to, bytes, (off_t)address);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) { // beyond the end of a file still growing
            memset(to, 0, bytes);
            return 0;
        }
        to += got, address += (haddr_t)got, bytes -= (size_t)got;
    }
    return 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                           size_t bytes, const void *buffer)
{
    (void)type, (void)transfer;
    driver_file *f = (driver_file *)file;
    const char *from = buffer;
    while (bytes > 0 && f->output->error == 0) {
        pulse_tick();
        ssize_t put = pwrite(f->output->descriptor, from, bytes, (off_t)address);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            f->output->error = put < 0 ? errno : ENOSPC;
            break;
        }
        from += put, address += (haddr_t)put, bytes -= (size_t)put;
    }
    address += bytes; // as if all had been written
    if (address > f->written) f->written = address;
    return 0;
}

static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    (void)transfer, (void)closing;
    driver_file *f = (driver_file *)file;
    if (f->written == f->allocated) return 0;
    f->written = f->allocated;
    if (f->output->error == 0 && ftruncate(f->output->descriptor, (off_t)f->allocated) != 0)
        f->output->error = errno;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERS_MINOR >= 13 || H5_VERS_MAJOR > 1
    .version = H5FD_CLASS_VERSION,
    .value = 511, // of the range for drivers that nobody registered
#endif
    .name = "basin_output",
    .maxaddr = (haddr_t)1 << 62,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(driver_settings),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

static hid_t driver_id(void)
{
    static hid_t id = -1;
    if (id < 0) id = H5FDregister(&driver);
    return id;
}

status hdf5_create(hdf5_output *output, const char *path)
{
    *output = (hdf5_output){.file = -1, .descriptor = -1};
    TRY(atomic_file_begin(&output->names, path));
    const char *temporary = output->names.temporary;
    output->descriptor = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    CHECK(output->descriptor >= 0, ST_IO, "%s: cannot be opened for writing: %s", temporary,
          strerror(errno));
    driver_settings settings = {output};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_driver(access, driver_id(), &settings);
    H5Pset_file_locking(access, false, true);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_obj_track_times(creation, false);
    output->file = H5Fcreate(temporary, H5F_ACC_TRUNC, creation, access);
    H5Pclose(creation);
    H5Pclose(access);
    return output->file >= 0 ? ST_OK : hdf5_output_failed(output, "the start of the file");
}

hid_t hdf5_create_dataset(hid_t file, const char *name, hid_t type, hid_t space)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(creation, false);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    return dataset;
}

static status output_failure(hdf5_output *output, int error, const char *what)
{
    status s = failure(ST_IO, "%s: writing %s failed: %s", output->names.path, what,
                       error != 0 ? strerror(error) : "HDF5 refuses it");
    hdf5_abandon(output);
    return s;
}

status hdf5_output_failed(hdf5_output *output, const char *what)
{
    return output_failure(output, output->error, what);
}

status hdf5_finish(hdf5_output *output)
{
    herr_t closed = H5Fclose(output->file);
    output->file = -1;
    if (closed < 0 || output->error != 0)
        return output_failure(output, output->error, "the file's contents");
    // Network file systems tell of a full disk or quota only here.
    int failed = close(output->descriptor);
    output->descriptor = -1;
    if (failed != 0) return output_failure(output, errno, "the file's contents");
    return ST_OK;
}

status hdf5_commit(hdf5_output *output)
{
    TRY(hdf5_finish(output));
    return atomic_file_commit(&output->names);
}

void hdf5_abandon(hdf5_output *output)
{
    if (output->file >= 0) H5Fclose(output->file);
    if (output->descriptor >= 0) close(output->descriptor);
    atomic_file_abandon(&output->names);
    output->file = output->descriptor = -1;
}
