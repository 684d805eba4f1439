// trainer/sparse/sparse_atoms.c -- see sparse_atoms.h.
#include "trainer/sparse/sparse_atoms.h"

#include "models/codes/code_products.h"

#include <math.h>
#include <string.h>

static size_t atom_floats(const sparse_model *m)
{
    const sparse_config *c = m->setup.config;
    return (size_t)m->setup.view.c * (size_t)(c->kernel * c->kernel);
}

// A share of the step to where the codes of the last batches have the atoms. (Their running means
// are A and B but for one factor of both, which does not matter.)
static void follow_products(sparse_model *m, double share)
{
    const float *statistics = m->weights.statistics;
    code_products_descend(&m->layout.geometry, statistics + m->code_sums_at,
                          statistics + m->image_sums_at, share, m->pull,
                          m->weights.params + m->atoms_at);
}

// A share of Newton's step along each atom alone: its gradient by its curvature, the running mean
// of the sums of squares of its codes (of which 1 - 0.9^steps is there). A hundredth of all atoms'
// mean keeps rare ones from leaping. As Mairal et al. 2010 (JMLR 11, alg. 2) update one atom.
static void follow_gradient(sparse_model *m, const method_step *s, double share)
{
    size_t atoms = (size_t)m->setup.config->atoms, size = atom_floats(m);
    const float *power = m->weights.statistics + m->power_at;
    double mean = 0, known = 1 - pow(1 - (double)STATISTIC_MOMENTUM, (double)s->step + 1);
    for (size_t a = 0; a < atoms; a++)
        mean += (double)power[a] / (double)atoms;
    if (mean == 0) return;
    for (size_t a = 0; a < atoms; a++) {
        float scale = (float)(share * known / ((double)power[a] + 0.01 * mean));
        size_t at = m->atoms_at + a * size;
        for (size_t i = at; i < at + size; i++)
            m->weights.params[i] -= scale * s->gradient[i];
    }
    weights_constrain(&m->weights);
}

void sparse_atoms_move(sparse_model *m, const method_step *s)
{
    double share = m->setup.config->dictionary_rate * s->schedule;
    if (m->setup.config->dictionary_rate == 0) return;
    if (sparse_model_is_online(m))
        follow_products(m, share);
    else
        follow_gradient(m, s, share);
}

static void forget_products(sparse_model *m, int atom)
{
    float *statistics = m->weights.statistics;
    code_products_forget(&m->layout.geometry, atom, statistics + m->code_sums_at,
                         statistics + m->image_sums_at);
}

void sparse_atoms_forget(sparse_model *m, const method_step *s, const bool *replaced)
{
    size_t size = atom_floats(m);
    for (int a = 0; a < (int)m->setup.config->atoms; a++) {
        if (!replaced[a]) continue;
        if (sparse_model_is_online(m)) forget_products(m, a);
        for (int i = 0; i < s->moment_count; i++)
            if (s->moments[i] != NULL)
                memset(s->moments[i] + m->atoms_at + (size_t)a * size, 0, size * sizeof(float));
    }
}
