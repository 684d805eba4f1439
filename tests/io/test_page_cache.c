// Reads out of kept pages give the file's bytes, also across pages, of files that share places, and
// up to the end of a file.
#include "tests/check.h"

#include "base/rng.h"
#include "io/files/page_cache.h"
#include "tests/io/group_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BYTES 50001
#define FILES 3

static unsigned char byte_at(uint64_t file, uint64_t offset)
{
    return (unsigned char)(offset * 7 + offset / 251 + 100 * file);
}

static open_file write_file(uint64_t id)
{
    static char paths[FILES][300];
    static unsigned char contents[BYTES];
    char name[16];
    for (uint64_t i = 0; i < BYTES; i++)
        contents[i] = byte_at(id, i);
    snprintf(name, sizeof name, "file%d", (int)id);
    test_write(&folder, name, contents, BYTES);
    snprintf(paths[id], sizeof paths[id], "%s", test_path(&folder, name));
    int descriptor = open(paths[id], O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    return (open_file){id, descriptor, paths[id]};
}

static void pages_hold_the_files_bytes(void **state)
{
    (void)state;
    page_cache cache;
    open_file files[FILES];
    assert_ok(page_cache_create(&cache));
    for (uint64_t id = 0; id < FILES; id++)
        files[id] = write_file(id);
    rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < 3000; i++) {
        unsigned char got[9000];
        uint32_t id = rng_below(&r, FILES), bytes = i % 50 == 0 ? 9000 : 1 + rng_below(&r, 16);
        uint64_t offset = rng_below(&r, BYTES - bytes + 1);
        assert_ok(page_cache_read(&cache, &files[id], offset, got, bytes));
        for (uint32_t k = 0; k < bytes; k++)
            assert_int_equal(got[k], byte_at(id, offset + k));
    }
    for (int i = 0; i < FILES; i++)
        close(files[i].descriptor);
    unsigned char last[4];
    assert_ok(page_cache_read(&cache, &files[0], 0, last, 4)); // kept: the file is closed
    page_cache_destroy(&cache);
}

static void a_file_that_ends_too_soon_is_told(void **state)
{
    (void)state;
    page_cache cache;
    unsigned char got[8192];
    assert_ok(page_cache_create(&cache));
    open_file file = write_file(1);
    assert_ok(page_cache_read(&cache, &file, BYTES - 4, got, 4));
    assert_fails(page_cache_read(&cache, &file, BYTES - 3, got, 4), ST_BAD_DATA,
                 "ends at byte 50001");
    assert_fails(page_cache_read(&cache, &file, BYTES + 9000, got, 4), ST_BAD_DATA, "ends at byte");
    assert_fails(open_file_read(&file, BYTES - 3, got, 4), ST_BAD_DATA, "ends at byte 50001");
    close(file.descriptor);
    assert_fails(page_cache_read(&cache, &file, 8192, got, 4), ST_IO,
                 "cannot be read at byte 8192");
    page_cache_destroy(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_hold_the_files_bytes),
        cmocka_unit_test(a_file_that_ends_too_soon_is_told),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
