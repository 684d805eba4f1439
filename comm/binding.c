// comm/binding.c -- gathers every rank's processors and writes them a machine a line.
#include "comm/binding.h"

#include "base/log.h"
#include "comm/exchange.h"
#include "comm/world_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINES_TOLD 8
#define RANKS_TOLD    16 // of one machine

typedef struct rank_binding {
    char host[64], processors[64];
    int count; // processors
} rank_binding;

const char *binding_text(const cpu_set_t *set, char text[BINDING_TEXT_SIZE])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t first = 0; first < CPU_SETSIZE; first++) {
        if (!CPU_ISSET(first, set)) continue;
        size_t last = first;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
            last++;
        char part[48];
        int length = first == last ? snprintf(part, sizeof part, "%zu", first)
                                   : snprintf(part, sizeof part, "%zu-%zu", first, last);
        if (used + (size_t)length + 5 >= BINDING_TEXT_SIZE) {
            snprintf(text + used, BINDING_TEXT_SIZE - used, "...");
            return text;
        }
        used += (size_t)snprintf(text + used, BINDING_TEXT_SIZE - used, "%s%s", used > 0 ? "," : "",
                                 part);
        first = last;
    }
    return text;
}

static rank_binding own_binding(const world *w)
{
    rank_binding mine = {.count = 0};
    cpu_set_t set;
    char text[BINDING_TEXT_SIZE] = "unknown";
    snprintf(mine.host, sizeof mine.host, "%.63s", w->private->host);
    // Fails when the machine has more than CPU_SETSIZE processors.
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        mine.count = CPU_COUNT(&set);
        binding_text(&set, text);
    }
    snprintf(mine.processors, sizeof mine.processors, "%.63s", text);
    return mine;
}

// Ranks first .. end - 1 stand on one machine; neighbours with equal processors are told together.
static void tell_machine(const rank_binding *all, int first, int end)
{
    char line[1024];
    size_t used = 0;
    line[0] = '\0';
    for (int rank = first; rank < end && used + 128 < sizeof line;) {
        int last = rank;
        while (last + 1 < end && strcmp(all[last + 1].processors, all[rank].processors) == 0)
            last++;
        char ranks[64];
        if (last == rank)
            snprintf(ranks, sizeof ranks, "rank %d", rank);
        else
            snprintf(ranks, sizeof ranks, "ranks %d-%d together", rank, last);
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s on processors %s",
                                 used > 0 ? "; " : "", ranks, all[rank].processors);
        rank = last + 1;
        if (rank - first >= RANKS_TOLD && rank < end) {
            snprintf(line + used, sizeof line - used, "; and %d more ranks", end - rank);
            break;
        }
    }
    log_info("%s: %s", all[first].host, line);
}

static void tell_all(const rank_binding *all, int size)
{
    int machines = 0;
    for (int first = 0; first < size;) {
        int end = first + 1;
        while (end < size && strcmp(all[end].host, all[first].host) == 0)
            end++;
        if (machines < MACHINES_TOLD) tell_machine(all, first, end);
        machines++;
        first = end;
    }
    if (machines > MACHINES_TOLD) log_info("and %d more machines", machines - MACHINES_TOLD);
}

void binding_tell(const world *w, int threads)
{
    rank_binding mine = own_binding(w);
    rank_binding *all = calloc((size_t)w->size, sizeof *all);
    ASSERT(all != NULL);
    exchange_gather(w, &mine, sizeof mine, all);
    tell_all(all, w->size);
    for (int rank = 0; rank < w->size; rank++) {
        if (all[rank].count == 0 || all[rank].count >= threads) continue;
        log_warn("rank %d (host %s) has %d processor%s for %d threads: give it more (mpirun "
                 "--map-by slot:PE=%d, srun --cpus-per-task=%d)",
                 rank, all[rank].host, all[rank].count, all[rank].count > 1 ? "s" : "", threads,
                 threads, threads);
        break;
    }
    free(all);
}
