// tests/golden/probe.h -- the linear probe of the data set of test_probe_mpi.c.
// Made by tests/golden/probe.py with scikit-learn 1.9.1; do not edit.
// clang-format off
static const double golden_probe_penalty = 0.01;
static const double golden_probe_held_out = 0.816901408;
static const double golden_probe_loss = 0.633533654;
static const double golden_probe_top1 = 0.776666667;
