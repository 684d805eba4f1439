// Atoms that no code uses start anew from the worst explained patches, worst first, alike on any
// number of ranks; atoms in use stay.
#include "tests/check_mpi.h"

#include "trainer/sparse/dead_atoms.h"

#include <math.h>
#include <string.h>

enum { ATOMS = 5, CHANNELS = 2, KERNEL = 2, SIDE = 4, SAMPLES = 12 };
enum { SIZE = CHANNELS * KERNEL * KERNEL, PIXELS = CHANNELS * SIDE * SIDE };

static world w;

// A residual that is 0 but for one patch at (1, 2), all `value`.
static void make_residual(float *residual, float value)
{
    memset(residual, 0, PIXELS * sizeof *residual);
    for (int c = 0; c < CHANNELS; c++)
        for (int u = 0; u < KERNEL; u++)
            for (int v = 0; v < KERNEL; v++)
                residual[(c * SIDE + 1 + u) * SIDE + 2 + v] = value;
}

// Sample 7's patch is the worst, then 3's; the others' are all 0.
static void note_own(dead_atoms *d, size_t first, size_t count)
{
    float residual[PIXELS];
    for (size_t position = first; position < first + count; position++) {
        make_residual(residual, position == 7 ? -3.0f : position == 3 ? 2.0f : 0.0f);
        dead_atoms_note(d, position, residual, SIDE, SIDE);
    }
}

static bool is_patch(const float *atom, float sign)
{
    for (int i = 0; i < SIZE; i++)
        if (fabsf(atom[i] - sign / sqrtf(SIZE)) > 1e-6f) return false;
    return true;
}

static void dead_atoms_become_the_worst_patches(void **state)
{
    (void)state;
    dead_atoms d;
    float atoms[ATOMS][SIZE], activity[ATOMS] = {0.5f, 0, 1e-9f, 0, 0.5f};
    bool replaced[ATOMS];
    for (int i = 0; i < ATOMS; i++)
        for (int k = 0; k < SIZE; k++)
            atoms[i][k] = 0.25f;
    assert_all_ok(dead_atoms_create(&d, ATOMS, CHANNELS, KERNEL, SAMPLES));
    assert_all(dead_atoms_alive(&d, activity) == 2);
    size_t count = SAMPLES / (size_t)w.size, first = (size_t)w.rank * count;
    note_own(&d, first, count);
    dead_atoms_replace(&d, &w, first, count, atoms[0], activity, replaced);
    // Three are dead, and two patches have something to teach.
    assert_all(!replaced[0] && replaced[1] && replaced[2] && !replaced[3] && !replaced[4]);
    assert_all(is_patch(atoms[1], -1) && is_patch(atoms[2], 1));
    assert_all(atoms[0][0] == 0.25f && atoms[3][0] == 0.25f && atoms[4][0] == 0.25f);
    assert_all(activity[0] == 0.5f && activity[1] > 0.1f && activity[1] == activity[2]);
    assert_all(dead_atoms_alive(&d, activity) == 4);
    dead_atoms_destroy(&d);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_atoms_become_the_worst_patches),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
