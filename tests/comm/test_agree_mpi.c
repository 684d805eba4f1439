// A failure on one rank is everyone's, told once and by the lowest failing rank.
#include "tests/check_mpi.h"

#include "comm/agree.h"

#include <unistd.h>

static world w;

// What this rank writes to stderr between capture_begin and capture_end.
static FILE *captured;
static int real_stderr;

static void capture_begin(void)
{
    captured = tmpfile();
    real_stderr = dup(STDERR_FILENO);
    if (captured != NULL) dup2(fileno(captured), STDERR_FILENO);
}

static void capture_end(char *text, size_t size)
{
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    text[0] = '\0';
    if (captured == NULL) return;
    rewind(captured);
    size_t length = fread(text, 1, size - 1, captured);
    text[length] = '\0';
    (void)fclose(captured);
}

static status agree_captured(status mine, char *text, size_t size)
{
    capture_begin();
    status agreed = agree(&w, mine);
    capture_end(text, size);
    return agreed;
}

// The line that rank `teller` prints for `message`; the others print nothing.
static bool told_by(int teller, const char *text, const char *message)
{
    if (w.rank != teller) return text[0] == '\0';
    char start[64], end[256];
    snprintf(start, sizeof start, "basin: error on rank %d (host ", teller);
    snprintf(end, sizeof end, "): %s\n", message);
    if (w.size == 1) {
        snprintf(start, sizeof start, "basin: error: ");
        snprintf(end, sizeof end, "basin: error: %s\n", message);
    }
    size_t length = strlen(text), tail = strlen(end);
    return strncmp(text, start, strlen(start)) == 0 && length >= tail &&
           strcmp(text + length - tail, end) == 0 && strchr(text, '\n') == text + length - 1;
}

static void healthy_ranks_agree_silently(void **state)
{
    (void)state;
    char text[512];
    status agreed = agree_captured(ST_OK, text, sizeof text);
    assert_all(agreed == ST_OK);
    assert_all(text[0] == '\0');
}

static void one_bad_rank_reaches_all(void **state)
{
    (void)state;
    for (int bad = 0; bad < w.size; bad++) {
        char text[512];
        status mine = ST_OK;
        if (w.rank == bad) mine = failure(ST_BAD_DATA, "shard %d is short", bad);
        status agreed = agree_captured(mine, text, sizeof text);
        char message[64];
        snprintf(message, sizeof message, "shard %d is short", bad);
        assert_all(agreed == ST_BAD_DATA);
        assert_all(told_by(bad, text, message));
        assert_all(status_message()[0] == '\0');
    }
}

static void lowest_of_several_bad_ranks_decides(void **state)
{
    (void)state;
    char text[512];
    int lowest = w.size > 1 ? 1 : 0;
    status mine = ST_OK;
    if (w.rank == lowest) mine = failure(ST_IO, "disk full");
    if (w.rank > lowest) mine = failure(ST_BAD_DATA, "rank %d has another trouble", w.rank);
    status agreed = agree_captured(mine, text, sizeof text);
    assert_all(agreed == ST_IO);
    assert_all(told_by(lowest, text, "disk full"));
    assert_all(status_message()[0] == '\0');
}

// The status goes up through callers that agree once more: nothing is printed twice.
static void agreed_failure_is_not_told_again(void **state)
{
    (void)state;
    char text[512];
    status mine = w.rank == 0 ? failure(ST_NO_INPUT, "no such file") : ST_OK;
    mine = agree_captured(mine, text, sizeof text);
    mine = agree_captured(mine, text, sizeof text);
    assert_all(mine == ST_NO_INPUT);
    assert_all(text[0] == '\0');
}

static void equal_values_are_the_same(void **state)
{
    (void)state;
    const uint64_t values[] = {0, 1, UINT64_MAX, 0x8000000000000000u};
    for (int i = 0; i < 4; i++)
        assert_all(agree_same(&w, values[i], "job file") == ST_OK);
}

static void one_other_value_reaches_all(void **state)
{
    (void)state;
    if (w.size == 1) return;
    for (int other = 0; other < w.size; other++) {
        char text[512];
        capture_begin();
        status agreed = agree_same(&w, w.rank == other ? 0xabcdu : 0x1234u, "job file");
        capture_end(text, sizeof text);
        int teller = other == 0 ? 1 : other;
        assert_all(agreed == ST_CONFIG);
        assert_all(told_by(teller, text,
                           other == 0 ? "the job file of this rank is not that of rank 0 "
                                        "(0000000000001234 instead of 000000000000abcd): give all "
                                        "ranks the same"
                                      : "the job file of this rank is not that of rank 0 "
                                        "(000000000000abcd instead of 0000000000001234): give all "
                                        "ranks the same"));
    }
}

static void another_text_is_told_with_both_hosts(void **state)
{
    (void)state;
    assert_all(agree_same_text(&w, "oneDNN 2.6.3", "libraries", "install one") == ST_OK);
    if (w.size == 1) return;
    char text[1024];
    capture_begin();
    status agreed = agree_same_text(&w, w.rank == w.size - 1 ? "OpenBLAS" : "oneDNN", "libraries",
                                    "install one");
    capture_end(text, sizeof text);
    assert_all(agreed == ST_CONFIG);
    assert_all((w.rank == w.size - 1) ==
               (strstr(text, "the libraries of this rank: \"OpenBLAS\", of rank 0 (host ") &&
                strstr(text, ") \"oneDNN\": install one")));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_ranks_agree_silently),
        cmocka_unit_test(one_bad_rank_reaches_all),
        cmocka_unit_test(lowest_of_several_bad_ranks_decides),
        cmocka_unit_test(agreed_failure_is_not_told_again),
        cmocka_unit_test(equal_values_are_the_same),
        cmocka_unit_test(one_other_value_reaches_all),
        cmocka_unit_test(another_text_is_told_with_both_hosts),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
