// models/kernels/version.c -- which libraries and instructions compute the kernels.
#include "models/kernels/version.h"

#include <cblas.h>
#ifdef BASIN_HAS_ONEDNN
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>
#endif

#include <stdio.h>
#include <string.h>

void kernels_versions(char *text, size_t size)
{
    char number[64] = "";
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
    int found = sscanf(openblas_get_config(), "OpenBLAS %63s", number);
    const char *openblas = found == 1 ? number : "of unknown version";
#ifdef BASIN_HAS_ONEDNN
    const dnnl_version_t *v = dnnl_version();
    snprintf(text, size, "oneDNN %d.%d.%d, OpenBLAS %s", v->major, v->minor, v->patch, openblas);
#else
    snprintf(text, size, "OpenBLAS %s", openblas);
#endif
}

void kernels_instruction_set(char *text, size_t size)
{
#ifdef BASIN_HAS_ONEDNN
    const char *isa = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa()); // "cpu_isa_avx512_core"
    const char prefix[] = "cpu_isa_";
    if (strncmp(isa, prefix, strlen(prefix)) == 0) isa += strlen(prefix);
    snprintf(text, size, "oneDNN %s, OpenBLAS %s", isa, openblas_get_corename());
#else
    snprintf(text, size, "OpenBLAS %s", openblas_get_corename());
#endif
}
