// tests/io/folder.c -- mkdtemp under TMPDIR or /tmp.
#include "tests/io/folder.h"

#include "tests/check.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

int test_folder_create(test_folder *folder)
{
    const char *where = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/basin-XXXXXX", where != NULL ? where : "/tmp");
    return mkdtemp(folder->path) != NULL ? 0 : -1;
}

// Calls unlink on each file if asked to, and counts them.
static int each_file(const test_folder *folder, int remove_them)
{
    DIR *open = opendir(folder->path);
    assert_non_null(open);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        count++;
        if (remove_them) unlink(test_path(folder, entry->d_name));
    }
    closedir(open);
    return count;
}

int test_folder_remove(test_folder *folder)
{
    each_file(folder, 1);
    return rmdir(folder->path);
}

int test_count(const test_folder *folder)
{
    return each_file(folder, 0);
}

const char *test_path(const test_folder *folder, const char *name)
{
    static char paths[16][512];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

void test_write(const test_folder *folder, const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(test_path(folder, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

char *test_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    assert_int_equal(fclose(file), 0);
    return bytes;
}
