// Tests of comm/stall.h: jobs that are played beat by beat.
#include "comm/stall.h"

#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

#define RANKS   4
#define LIMIT   10.0
#define SILENCE 4.0

typedef struct trial {
    heartbeat beats[RANKS];
    stall_sight sights[RANKS];
    stall_view view;
    char text[4096];
} trial;

// Four ranks that have stood still for 11 seconds; rank `rank` looks.
static trial *begin(trial *t, int rank)
{
    *t = (trial){.view = {.rank = rank, .size = RANKS, .limit = LIMIT, .silence = SILENCE}};
    t->view.beats = t->beats;
    t->view.sights = t->sights;
    for (int i = 0; i < RANKS; i++) {
        heartbeat *b = &t->beats[i];
        *b = (heartbeat){.beats = 50, .step = 7, .idle = 11, .process = 100 + i, .waits = 1};
        snprintf(b->phase, sizeof b->phase, "reduce");
        snprintf(b->host, sizeof b->host, "n%02d", i / 2);
    }
    stall_begin(&t->view, 0);
    return t;
}

// A second later all have beaten but `silent` (-1: none).
static bool look(trial *t, double now, int silent)
{
    for (int i = 0; i < RANKS; i++)
        if (i != silent) t->beats[i].beats++;
    return stall_found(&t->view, now);
}

static void nothing_is_said_before_silence_can_be_told(void **state)
{
    (void)state;
    trial t;
    begin(&t, 0);
    assert_false(look(&t, 1, 2));
    assert_false(look(&t, 3, 2));
    assert_true(look(&t, 5, 2));
}

static void a_rank_that_gets_on_is_no_stall(void **state)
{
    (void)state;
    trial t;
    begin(&t, 0);
    t.beats[3].idle = 2; // a long evaluation or checkpoint
    assert_false(look(&t, 5, -1));
    assert_true(look(&t, 10, 3)); // its last word was long ago
    t.beats[3].idle = 11;
    assert_true(look(&t, 11, -1));
}

static void the_lowest_living_rank_reports(void **state)
{
    (void)state;
    trial t;
    begin(&t, 2);
    assert_true(look(&t, 5, 0));
    assert_int_equal(stall_judge(&t.view, 5), 1);
    begin(&t, 1);
    assert_true(look(&t, 5, 0));
    assert_int_equal(stall_judge(&t.view, 5), 1);
    begin(&t, 3);
    assert_true(look(&t, 5, -1));
    assert_int_equal(stall_judge(&t.view, 5), 0);
}

static void the_table_names_who_is_waited_for_first(void **state)
{
    (void)state;
    trial t;
    begin(&t, 0);
    t.beats[1].waits = 0;
    snprintf(t.beats[1].phase, sizeof t.beats[1].phase, "data");
    assert_true(look(&t, 5, 2));
    stall_describe(&t.view, 5, t.text, sizeof t.text);
    assert_non_null(strstr(t.text, "no rank has got on for 10 seconds"));
    assert_non_null(strstr(t.text, "all wait for rank 1 (host n00) and 1 more"));
    const char *one = strstr(t.text, "data"), *two = strstr(t.text, "no sign of life");
    const char *zero = strstr(t.text, "waits for other ranks");
    assert_true(one != NULL && two != NULL && zero != NULL && one < two && two < zero);
}

static void when_all_wait_a_connection_is_lost(void **state)
{
    (void)state;
    trial t;
    begin(&t, 0);
    assert_true(look(&t, 5, -1));
    stall_describe(&t.view, 5, t.text, sizeof t.text);
    assert_non_null(strstr(t.text, "a connection between their hosts is lost"));
}

static void a_table_of_many_ranks_is_cut(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static heartbeat beats[MANY];
    static stall_sight sights[MANY];
    char text[8192], small[64];
    stall_view v = {0, MANY, LIMIT, SILENCE, beats, sights, 0};
    for (int i = 0; i < MANY; i++)
        beats[i] = (heartbeat){.beats = 1, .idle = 11, .waits = 1};
    beats[999].waits = 0;
    stall_begin(&v, 0);
    stall_describe(&v, 1, text, sizeof text);
    assert_non_null(strstr(text, "and 968 ranks more"));
    assert_non_null(strstr(text, "all wait for rank 999"));
    stall_describe(&v, 1, small, sizeof small); // no byte behind it is touched (address sanitizer)
    assert_int_equal(strlen(small), sizeof small - 1);
}

static void records_go_through_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/basin-heartbeat-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    heartbeat mine = {.beats = 3, .start = 9, .step = 12, .host = "n01"}, all[2] = {0};
    assert_ok(heartbeat_create(path, 2));
    assert_ok(heartbeat_write(path, 1, &mine));
    assert_ok(heartbeat_read(path, 9, 2, all));
    assert_int_equal(all[0].beats, 0);
    assert_memory_equal(&all[1], &mine, sizeof mine);
    // Another start of the program in the same file is no sign of life of this one.
    heartbeat other = {.beats = 70, .start = 4, .step = 1, .host = "n02"};
    assert_ok(heartbeat_write(path, 1, &other));
    assert_ok(heartbeat_read(path, 9, 2, all));
    assert_memory_equal(&all[1], &mine, sizeof mine);
    assert_ok(heartbeat_read(path, 0, 2, all));
    assert_memory_equal(&all[1], &other, sizeof other);
    assert_int_equal(unlink(path), 0);
    assert_fails(heartbeat_write(path, 1, &mine), ST_IO, "cannot be opened");
    assert_fails(heartbeat_read(path, 9, 2, all), ST_NO_INPUT, "no such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_before_silence_can_be_told),
        cmocka_unit_test(a_rank_that_gets_on_is_no_stall),
        cmocka_unit_test(the_lowest_living_rank_reports),
        cmocka_unit_test(the_table_names_who_is_waited_for_first),
        cmocka_unit_test(when_all_wait_a_connection_is_lost),
        cmocka_unit_test(a_table_of_many_ranks_is_cut),
        cmocka_unit_test(records_go_through_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
