// tests/faults/shim.c -- LD_PRELOAD library: one call of the program fails, or is its last.
//
//   FAULT_CALL  which calls count, separated by commas: open write sync rename link unlink mkdir
//               truncate read; "gemm" is a matrix product
//   FAULT_PATH  and only of files whose path contains this
//   FAULT_AT    the how-manieth of them it is, from 1; 0 never
//   FAULT_DO    EIO, ENOSPC: it fails so; KILL, STOP, HUP, TERM, USR1, ABORT: the process gets it
//               before;
//               NAN: a matrix product's result; FLIP, CUT, REMOVE: the file FAULT_FILE is damaged
//   FAULT_RANK  on this rank only (of Open MPI, or MPICH; without a launcher 0)
//   FAULT_COUNT file into which the number of counted calls goes at exit
//
// stdio calls the kernel without asking the linker, so its own functions are caught.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))find(#name))

static atomic_long calls;

static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) _exit(99);
    return found;
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

// Also the launcher's helpers and shells have the environment.
static bool is_rank(void)
{
    if (strcmp(program_invocation_short_name, "basin") != 0) return false;
    const char *mine = setting("OMPI_COMM_WORLD_RANK");
    if (mine[0] == '\0') mine = setting("PMI_RANK");
    if (mine[0] == '\0') mine = "0";
    const char *wanted = setting("FAULT_RANK");
    return wanted[0] == '\0' || strcmp(wanted, mine) == 0;
}

static bool is_listed(const char *call)
{
    const char *list = setting("FAULT_CALL"), *at = list;
    size_t length = strlen(call);
    while ((at = strstr(at, call)) != NULL) {
        bool starts = at == list || at[-1] == ',';
        if (starts && (at[length] == ',' || at[length] == '\0')) return true;
        at += length;
    }
    return false;
}

static void flip(const char *path)
{
    int file = REAL(open)(path, O_RDWR);
    unsigned char byte = 0;
    off_t at = lseek(file, 0, SEEK_END) / 2;
    if (pread(file, &byte, 1, at) != 1) _exit(98);
    byte ^= 0x10;
    if (REAL(pwrite)(file, &byte, 1, at) != 1) _exit(98);
    REAL(close)(file);
}

static void damage(const char *how)
{
    const char *path = setting("FAULT_FILE");
    struct stat info;
    if (strcmp(how, "FLIP") == 0) flip(path);
    if (strcmp(how, "REMOVE") == 0) (void)REAL(unlink)(path);
    if (strcmp(how, "CUT") == 0 && stat(path, &info) == 0 && truncate(path, info.st_size / 3) != 0)
        _exit(98);
}

// The errno that the call is to fail with, or 0. Does what is not a failure.
static int fault(const char *call, const char *path)
{
    if (!is_listed(call) || !is_rank() || strstr(path, setting("FAULT_PATH")) == NULL) return 0;
    if (atomic_fetch_add(&calls, 1) + 1 != strtol(setting("FAULT_AT"), NULL, 10)) return 0;
    const char *what = setting("FAULT_DO");
    if (strcmp(what, "EIO") == 0) return EIO;
    if (strcmp(what, "ENOSPC") == 0) return ENOSPC;
    if (strcmp(what, "KILL") == 0) kill(getpid(), SIGKILL);
    if (strcmp(what, "STOP") == 0) kill(getpid(), SIGSTOP);
    if (strcmp(what, "HUP") == 0) kill(getpid(), SIGHUP);
    if (strcmp(what, "TERM") == 0) kill(getpid(), SIGTERM);
    if (strcmp(what, "USR1") == 0) kill(getpid(), SIGUSR1);
    if (strcmp(what, "ABORT") == 0) abort();
    if (strcmp(what, "NAN") == 0) return EDOM;
    damage(what);
    return 0;
}

static int fault_file(const char *call, int file)
{
    char link[64], path[4096];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = '\0';
    return fault(call, path);
}

__attribute__((destructor)) static void report(void)
{
    const char *path = setting("FAULT_COUNT");
    if (path[0] == '\0' || !is_rank()) return;
    FILE *out = REAL(fopen)(path, "w");
    if (out == NULL) return;
    fprintf(out, "%ld\n", atomic_load(&calls));
    REAL(fclose)(out);
}

#define FAIL_IF(reason, result)                                                                    \
    do {                                                                                           \
        int fail_reason = (reason);                                                                \
        if (fail_reason != 0) {                                                                    \
            errno = fail_reason;                                                                   \
            return result;                                                                         \
        }                                                                                          \
    } while (0)

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's names are reserved ones
int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    FAIL_IF(fault("open", path), -1);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    FAIL_IF(fault("open", path), -1);
    return REAL(open64)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    FAIL_IF(fault("open", path), NULL);
    return REAL(fopen)(path, mode);
}

ssize_t write(int file, const void *data, size_t size)
{
    FAIL_IF(fault_file("write", file), -1);
    return REAL(write)(file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
    FAIL_IF(fault_file("write", file), -1);
    return REAL(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off_t at)
{
    FAIL_IF(fault_file("write", file), -1);
    return REAL(pwrite64)(file, data, size, at);
}

int fflush(FILE *stream)
{
    if (stream != NULL) FAIL_IF(fault_file("write", fileno(stream)), EOF);
    return REAL(fflush)(stream);
}

// What is still in the buffer is written now. The stream is gone also when that fails.
int fclose(FILE *stream)
{
    int reason = fault_file("write", fileno(stream));
    int result = REAL(fclose)(stream);
    FAIL_IF(reason, EOF);
    return result;
}

ssize_t pread(int file, void *data, size_t size, off_t at)
{
    FAIL_IF(fault_file("read", file), -1);
    return REAL(pread)(file, data, size, at);
}

ssize_t pread64(int file, void *data, size_t size, off_t at)
{
    FAIL_IF(fault_file("read", file), -1);
    return REAL(pread64)(file, data, size, at);
}

int fsync(int file)
{
    FAIL_IF(fault_file("sync", file), -1);
    return REAL(fsync)(file);
}

int fdatasync(int file)
{
    FAIL_IF(fault_file("sync", file), -1);
    return REAL(fdatasync)(file);
}

int ftruncate(int file, off_t size)
{
    FAIL_IF(fault_file("truncate", file), -1);
    return REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off_t size)
{
    FAIL_IF(fault_file("truncate", file), -1);
    return REAL(ftruncate64)(file, size);
}

int rename(const char *from, const char *to)
{
    FAIL_IF(fault("rename", to), -1);
    return REAL(rename)(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    FAIL_IF(fault("rename", to), -1);
    return REAL(renameat2)(from_folder, from, to_folder, to, flags);
}

int symlink(const char *target, const char *path)
{
    FAIL_IF(fault("link", path), -1);
    return REAL(symlink)(target, path);
}

int unlink(const char *path)
{
    FAIL_IF(fault("unlink", path), -1);
    return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
    FAIL_IF(fault("mkdir", path), -1);
    return REAL(mkdir)(path, mode);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

// OpenBLAS; (enum, enum, enum, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
// NOLINTBEGIN(readability-function-size): the parameters are those of BLAS
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                 int lda, const float *b, int ldb, float beta, float *c, int ldc);
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                 int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    REAL(cblas_sgemm)(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if (fault("gemm", "") != 0) c[0] = NAN;
}
// NOLINTEND(readability-function-size)
