// trainer/evaluation/probe.c -- logistic regression over chunks of features that are spread over
// the ranks.
//
// Weights are one flat array of doubles, (classes, dim) then (classes) biases; they start at zero.
// A chunk's gradient is the product of its errors and its rows; the chunks of a round (one a rank)
// are gathered and added in order. Penalties fall, each fit starting from the one before.
//   source: Kornblith et al. 2019 (arXiv 1805.08974), for L-BFGS with the penalty from a grid
#include "trainer/evaluation/probe.h"

#include "comm/agree.h"
#include "comm/exchange.h"
#include "models/kernels/matmul.h"
#include "base/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE      1e-5 // of the gradient of a mean cross-entropy
#define MAX_ITERATIONS 200

static const double penalties[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5};
enum { PENALTIES = sizeof penalties / sizeof penalties[0] };

typedef enum part { PART_ALL, PART_FIT, PART_HELD_OUT } part;

// The samples that a pass goes over, and its room.
typedef struct pass {
    const world *world;
    const probe_set *set;
    part part;
    uint64_t sample_count; // labelled samples of the part, on all ranks
    int classes;
    double penalty;
    size_t weight_count;  // classes * (dim + 1)
    const double *point;  // (weight_count) of the current evaluation
    float *weights;       // (classes, dim) of it
    float *logits;        // (EMBEDDING_ROWS, classes), then errors
    float *product;       // (classes, dim) gradient of one chunk
    double *sums, *round; // of one chunk (weight_count + 1), of a chunk on each rank
    double *total;        // (weight_count + 1) over all chunks
    double *fitted;       // (weight_count)
    double *room;         // of lbfgs_minimise
} pass;

bool probe_holds_out(uint64_t sample)
{
    uint32_t place = (uint32_t)sample * 2654435761u; // 2^32 / golden ratio
    return place < UINT32_MAX / PROBE_HELD_OUT;
}

static bool in_part(const pass *p, uint64_t sample)
{
    if (p->set->labels[sample] < 0) return false;
    return p->part == PART_ALL || probe_holds_out(sample) == (p->part == PART_HELD_OUT);
}

static uint64_t count_samples(const pass *p)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < p->set->count; i++)
        count += in_part(p, i);
    return count;
}

// rows W^T + bias into logits, for all EMBEDDING_ROWS rows of a chunk.
static void score_rows(const pass *p, const float *rows)
{
    size_t classes = (size_t)p->classes;
    const double *bias = p->point + classes * (size_t)p->set->dim;
    for (size_t row = 0; row < EMBEDDING_ROWS; row++)
        for (size_t c = 0; c < classes; c++)
            p->logits[row * classes + c] = (float)bias[c];
    matmul(false, true, EMBEDDING_ROWS, p->classes, p->set->dim, 1.0f, rows, p->weights, 1.0f,
           p->logits);
}

static void take_point(pass *p, const double *point)
{
    p->point = point;
    for (size_t i = 0; i < (size_t)p->classes * (size_t)p->set->dim; i++)
        p->weights[i] = (float)point[i];
}

// logits <- softmax - one_hot(label). Returns the cross-entropy.
static double to_errors(float *logits, int classes, int64_t label)
{
    double most = (double)logits[0], sum = 0;
    for (int c = 1; c < classes; c++)
        most = fmax(most, (double)logits[c]);
    for (int c = 0; c < classes; c++)
        sum += exp((double)logits[c] - most);
    double loss = log(sum) + most - (double)logits[label];
    for (int c = 0; c < classes; c++)
        logits[c] = (float)(exp((double)logits[c] - most) / sum);
    logits[label] -= 1.0f;
    return loss;
}

// Sums over one chunk of this rank: gradient of the weights, of the biases, cross-entropy.
static void sum_chunk(void *state, int own, double *sums)
{
    pass *p = state;
    size_t classes = (size_t)p->classes, products = classes * (size_t)p->set->dim;
    double *biases = sums + products, *loss = biases + classes;
    uint64_t first;
    int count;
    const float *rows = probe_set_chunk(p->set, p->world, own, &first, &count);
    memset(biases, 0, (classes + 1) * sizeof *biases);
    score_rows(p, rows);
    for (int row = 0; row < EMBEDDING_ROWS; row++) {
        float *errors = p->logits + (size_t)row * classes;
        uint64_t sample = first + (uint64_t)row;
        if (row < count && in_part(p, sample))
            *loss += to_errors(errors, p->classes, p->set->labels[sample]);
        else
            memset(errors, 0, classes * sizeof *errors);
        for (size_t c = 0; c < classes; c++)
            biases[c] += (double)errors[c];
    }
    matmul(true, false, p->classes, p->set->dim, EMBEDDING_ROWS, 1.0f, p->logits, rows, 0.0f,
           p->product);
    for (size_t i = 0; i < products; i++)
        sums[i] = (double)p->product[i];
}

// Collective. Mean cross-entropy plus penalty, and its gradient; see lbfgs_problem.
static double evaluate(void *state, const double *point, double *gradient)
{
    pass *p = state;
    size_t penalised = (size_t)p->classes * (size_t)p->set->dim;
    double square = 0, share = 1 / (double)p->sample_count;
    take_point(p, point);
    chunk_sum how = {sum_chunk, p, p->weight_count + 1, p->sums, p->round};
    probe_set_sum(p->set, p->world, &how, p->total);
    for (size_t i = 0; i < p->weight_count; i++)
        gradient[i] = p->total[i] * share;
    for (size_t i = 0; i < penalised; i++) {
        gradient[i] += p->penalty * point[i];
        square += point[i] * point[i];
    }
    return p->total[p->weight_count] * share + p->penalty / 2 * square;
}

// Collective. Share of the samples of the part whose class has the largest logit, ties to the
// lower.
static double accuracy(pass *p, const double *point)
{
    uint64_t right = 0;
    size_t classes = (size_t)p->classes;
    take_point(p, point);
    for (int own = 0; own < p->set->chunk_count; own++) {
        uint64_t first;
        int count;
        score_rows(p, probe_set_chunk(p->set, p->world, own, &first, &count));
        for (int row = 0; row < count; row++) {
            const float *logits = p->logits + (size_t)row * classes;
            size_t best = 0;
            for (size_t c = 1; c < classes; c++)
                if (logits[c] > logits[best]) best = c;
            uint64_t sample = first + (uint64_t)row;
            right += in_part(p, sample) && (int64_t)best == p->set->labels[sample];
        }
    }
    exchange_sum(p->world, &right, 1);
    return (double)right / (double)p->sample_count;
}

static status create_pass(pass *p, const world *w, int classes, const probe_set *train)
{
    CHECK(classes > 0, ST_BAD_DATA,
          "the linear probe needs labels, and all are -1; leave it out with evaluate.probe=false");
    size_t products = (size_t)classes * (size_t)train->dim;
    size_t weight_count = products + (size_t)classes;
    size_t sums = weight_count + 1;
    *p = (pass){.world = w, .set = train, .classes = classes, .weight_count = weight_count};
    p->weights = calloc(products, sizeof(float));
    p->product = calloc(products, sizeof(float));
    p->logits = calloc((size_t)EMBEDDING_ROWS * (size_t)classes, sizeof(float));
    p->sums = calloc(sums, sizeof(double));
    p->total = calloc(sums, sizeof(double));
    p->round = calloc(sums * (size_t)w->size, sizeof(double));
    p->fitted = calloc(weight_count, sizeof(double));
    p->room = calloc(lbfgs_room(weight_count), sizeof(double));
    bool complete = p->weights != NULL && p->product != NULL && p->logits != NULL &&
                    p->sums != NULL && p->total != NULL && p->round != NULL && p->fitted != NULL &&
                    p->room != NULL;
    CHECK(complete, ST_INTERNAL, "no memory for a linear probe of %d classes", classes);
    return ST_OK;
}

static void destroy_pass(pass *p)
{
    free(p->weights);
    free(p->product);
    free(p->logits);
    free(p->sums);
    free(p->total);
    free(p->round);
    free(p->fitted);
    free(p->room);
}

static status select_samples(pass *p, const probe_set *set, part which, const char *name)
{
    p->set = set;
    p->part = which;
    p->sample_count = count_samples(p);
    CHECK(p->sample_count > 0, ST_BAD_DATA,
          "the linear probe finds no labelled samples %s; give it more data, or leave it out with "
          "evaluate.probe=false",
          name);
    return ST_OK;
}

// Collective. Goes on from p->fitted.
static lbfgs_result fit(pass *p, double penalty)
{
    lbfgs_problem problem = {p->weight_count, evaluate, p, MAX_ITERATIONS, TOLERANCE};
    p->penalty = penalty;
    return lbfgs_minimise(&problem, p->fitted, p->room);
}

// Collective. The first of the penalties, the strongest, that no other beats on the held-out tenth.
static status choose_penalty(pass *p, const probe_set *train, probe_result *result)
{
    result->held_out = -1;
    for (int i = 0; i < PENALTIES; i++) {
        TRY(select_samples(p, train, PART_FIT, "to fit"));
        (void)fit(p, penalties[i]);
        TRY(select_samples(p, train, PART_HELD_OUT, "to choose its penalty by"));
        double share = accuracy(p, p->fitted);
        if (share <= result->held_out) continue;
        result->held_out = share;
        result->penalty = penalties[i];
    }
    return ST_OK;
}

// Collective.
static status run(pass *p, probe_set *train, probe_set *test, probe_result *result)
{
    TRY(probe_set_standardise(p->world, train, test));
    TRY(choose_penalty(p, train, result));
    memset(p->fitted, 0, p->weight_count * sizeof *p->fitted);
    TRY(select_samples(p, train, PART_ALL, "to fit"));
    lbfgs_result found = fit(p, result->penalty);
    result->loss = found.value;
    result->converged = found.converged;
    TRY(select_samples(p, test, PART_ALL, "to test it on"));
    result->top1 = accuracy(p, p->fitted);
    return ST_OK;
}

status probe_run(const world *w, int classes, probe_set *train, probe_set *test,
                 probe_result *result)
{
    ASSERT(train->dim == test->dim);
    pass p = {0};
    status s = agree(w, create_pass(&p, w, classes, train));
    if (s == ST_OK) s = agree(w, run(&p, train, test, result)); // all see the same sums, fail alike
    destroy_pass(&p);
    return s;
}
