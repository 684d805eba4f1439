// base/lbfgs.h -- minimum of a smooth function of many variables from its gradient.
//
//   source: Nocedal & Wright, Numerical Optimization, 2nd ed., alg. 7.4 and 7.5; the step length by
//   bisection to the weak Wolfe conditions: Lewis & Overton 2013 (Math. Program. 141) alg. 2.6
#ifndef BASE_LBFGS_H
#define BASE_LBFGS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lbfgs_problem {
    size_t count; // variables
    // Returns f(x) and writes its gradient (count). May be collective: the same values on all ranks
    // keep all ranks on the same path.
    double (*evaluate)(void *state, const double *x, double *gradient);
    void *state;
    int max_iterations;
    double tolerance; // done when no element of the gradient is larger
} lbfgs_problem;

typedef struct lbfgs_result {
    double value;
    int iterations, evaluations;
    // False: max_iterations were not enough, or rounding let no step improve further.
    bool converged;
} lbfgs_result;

// Numbers of room that a problem of `count` variables needs.
size_t lbfgs_room(size_t count);

// x (count): the start, then the best point found; f there is never larger than at the start.
// room: lbfgs_room(count) numbers, the caller's, so that nothing can fail between the ranks of a
// collective problem.
lbfgs_result lbfgs_minimise(const lbfgs_problem *p, double *x, double *room);

#endif
