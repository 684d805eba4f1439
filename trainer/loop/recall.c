// trainer/loop/recall.c -- see recall.h.
#include "trainer/loop/recall.h"

#include "comm/agree.h"
#include "comm/exchange.h"
#include "trainer/run/metrics_lines.h"

typedef struct recollection {
    report *into;
    const training *training;
} recollection;

static void take_line(void *context, uint64_t step, const char *line)
{
    const recollection *from = context;
    const training *t = from->training;
    report *r = from->into;
    double number;
    if (step > t->step) return;
    for (size_t i = 0; i < t->metric_count; i++)
        (void)metrics_line_find(line, t->job->method->metric_names[i], &r->last_metrics[i]);
    (void)metrics_line_find(line, "images_per_s", &r->images_per_second);
    (void)metrics_line_find(line, "knn_top1_pixels", &r->knn_pixels);
    (void)metrics_line_find(line, "knn_top1_untrained", &r->knn_untrained);
    (void)metrics_line_find(line, "knn_top1", &r->knn);
    bool evaluates = metrics_line_find(line, "alignment", &number) ||
                     metrics_line_find(line, "test_energy", &number) ||
                     metrics_line_find(line, "test_loss", &number);
    if (evaluates && step == t->step) r->is_evaluated = true;
}

status recall(report *r, const training *t)
{
    recollection of_rank_0 = {r, t};
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/metrics.jsonl", t->job->run);
    double since = r->since;
    TRY(agree(t->world,
              t->world->rank == 0 ? metrics_lines_read(path, take_line, &of_rank_0) : ST_OK));
    exchange_broadcast(t->world, r, sizeof *r, 0);
    r->since = since;
    return ST_OK;
}
