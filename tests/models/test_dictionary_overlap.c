// tests/models/test_dictionary_overlap.c -- moved copies are found, whatever their sign and
// direction.
#include "models/kernels/dictionary/dictionary_overlap.h"

#include "tests/check.h"

#include <math.h>

enum { K = 5, PLANE = K * K, SIZE = 2 * PLANE };

// A cross of length 1 in the second channel, its middle at (y, x).
static void draw(float *atom, int y, int x, float sign)
{
    float *to = atom + PLANE;
    for (int d = -1; d <= 1; d++) {
        to[(y + d) * K + x] = sign / sqrtf(5);
        to[y * K + x + d] = sign / sqrtf(5);
    }
}

static void an_overlap_is_that_of_the_second_moved(void **state)
{
    (void)state;
    float one[SIZE] = {0}, two[SIZE] = {0};
    draw(one, 3, 1, 1);
    draw(two, 1, 2, -1);
    assert_true(fabs(dictionary_overlap(one, two, 2, K, 2, -1) + 1) < 1e-6);
    assert_true(fabs(dictionary_overlap(one, two, 2, K, -2, 1)) < 1e-6);
    assert_true(fabs(dictionary_overlap(one, two, 2, K, 2, 0) + 0.4) < 1e-6);
}

static void moved_copies_are_coherent_and_others_are_not(void **state)
{
    (void)state;
    float atoms[3][SIZE] = {{0}};
    draw(atoms[0], 3, 1, 1);
    draw(atoms[1], 1, 2, -1);
    atoms[2][7] = 1; // the other channel
    assert_true(fabs(dictionary_coherence(atoms[0], 2, 2, K) - 1) < 1e-6);
    assert_true(fabs(dictionary_coherence(atoms[0], 3, 2, K) - 1.0 / 3) < 1e-6);
    assert_true(dictionary_coherence(atoms[0], 1, 2, K) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overlap_is_that_of_the_second_moved),
        cmocka_unit_test(moved_copies_are_coherent_and_others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
