// Made by tests/golden/sparse_codes.py with scikit-learn 1.9.1 and sporco 0.2.2.post1; do not edit.
// Geometry, z >= 0, lambda, least energy by scikit-learn (one position) or sporco, and
// the relative difference allowed.
{{48, 1, 8, 8, 8}, false, 0.221868616871, 2.56419388497, 0.0001},
    {{48, 1, 8, 8, 8}, false, 0.0739562056237, 1.94285127341, 0.0001},
    {{48, 1, 8, 8, 8}, false, 0.0221868616871, 1.31582857788, 0.0001},
    {{48, 1, 8, 8, 8}, true, 0.0739562056237, 2.28237765905, 0.0001},
    {{30, 3, 4, 4, 4}, false, 0.0684819908248, 1.32085550956, 0.0001},
    {{8, 3, 5, 16, 16}, false, 0.0942555054175, 17.411526234, 0.001},
    {{12, 1, 4, 14, 17}, false, 0.176774782182, 5.48336227768, 0.001},
