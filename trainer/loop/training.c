// trainer/loop/training.c -- setting up a run in stages, each ended by an agreement of all ranks.
#include "trainer/loop/training.h"

#include "trainer/job/job_place.h"
#include "trainer/loop/idle_settings.h"
#include "trainer/loop/proof.h"

#include "base/clock.h"
#include "base/log.h"
#include "comm/agree.h"
#include "comm/binding.h"
#include "comm/exchange.h"
#include "comm/rank_watch.h"
#include "models/kernels/version.h"
#include "trainer/streams/data_report.h"

#include <stdlib.h>
#include <string.h>

static void plan_steps(training *t, uint64_t samples)
{
    const job *j = t->job;
    t->order = (order){(uint64_t)j->seed, samples, (uint64_t)j->batch};
    t->steps_per_epoch = order_steps_per_epoch(&t->order);
    t->steps_total = schedule_steps(&j->schedule, t->steps_per_epoch);
}

static status open_data(training *t)
{
    const job *j = t->job;
    TRY(workers_divide(&t->workers, t->world, (int)j->workers, (int)j->batch));
    dataset_source source = job_source(j, j->data.train);
    TRY(dataset_open(&t->data, &source));
    const dataset_info *info = dataset_get_info(t->data);
    t->data_samples = info->count;
    TRY(dataset_hash(t->data, &t->data_hash));
    data_report("data.train", info);
    t->view = (shape){.n = 1};
    TRY(views_measure(j, info, &t->view.c, &t->view.h, &t->view.w));
    uint64_t samples = loader_samples(info->count, (uint64_t)j->data.patches);
    CHECK((uint64_t)j->batch <= samples, ST_CONFIG,
          "batch: %lld samples are more than the %llu of %s; take a smaller batch",
          (long long)j->batch, (unsigned long long)samples, j->data.train);
    plan_steps(t, samples);
    return ST_OK;
}

static status describe_synthetic(training *t, shape view, uint64_t samples)
{
    const job *j = t->job;
    TRY(workers_divide(&t->workers, t->world, (int)j->workers, (int)j->batch));
    t->view = view;
    ASSERT(samples >= (uint64_t)j->batch);
    plan_steps(t, samples);
    return ST_OK;
}

static status create_method(training *t)
{
    const job *j = t->job;
    lockstep_init(&t->lockstep, t->world, &t->workers, &t->phases);
    t->setup = (method_setup){
        .world = t->world,
        .workers = t->workers,
        .order = t->order,
        .seed = (uint64_t)j->seed,
        .patches = loader_samples(1, (uint64_t)j->data.patches),
        .steps_total = t->steps_total,
        .metric_names = j->method->metric_names,
        .view = {t->workers.batch, t->view.c, t->view.h, t->view.w},
        .encoder = job_encoder(j),
        .decoder = j->decoder,
        .team = &t->lockstep.team,
        .inference = &j->inference,
        .settings = &j->method_config,
    };
    t->method = calloc(1, j->method->state_size);
    CHECK(t->method != NULL, ST_INTERNAL, "no memory for the method");
    method_core core = {0};
    TRY(j->method->create(t->method, &t->setup, &core));
    t->model = core.model;
    t->learned = core.model != NULL ? &core.model->weights : core.learned;
    while (t->metric_count < METHOD_MAX_METRICS && j->method->metric_names[t->metric_count] != NULL)
        t->metric_count++;
    return ST_OK;
}

static status create_optimizer(training *t)
{
    size_t bytes = arena_padded(t->learned->param_count * sizeof(float));
    int states = 0;
    while (states < OPTIMIZER_MAX_STATES && t->job->optimizer->state_names[states] != NULL)
        states++;
    TRY(arena_create(&t->optimizer_memory, (size_t)states * bytes, "the optimizer's state"));
    for (int i = 0; i < states; i++)
        t->optimizer_states[i] = arena_take(&t->optimizer_memory, bytes);
    while (graph_param_at(t->learned->graph, t->segment_count) != NULL)
        t->segment_count++;
    t->segments = calloc((size_t)t->segment_count, sizeof *t->segments);
    CHECK(t->segments != NULL, ST_INTERNAL, "no memory for the optimizer");
    for (int i = 0; i < t->segment_count; i++) {
        const graph_param *p = graph_param_at(t->learned->graph, i);
        t->segments[i] = (optimizer_segment){p->offset, p->count, p->spec.is_norm_or_bias,
                                             (double)t->learned->rates[i]};
    }
    return ST_OK;
}

size_t training_leaf_floats(const training *t)
{
    return t->learned->param_count + t->learned->statistic_count + t->metric_count + 2;
}

method_leaf training_leaf_parts(const training *t, float *leaf)
{
    float *statistics = leaf + t->learned->param_count;
    return (method_leaf){leaf, statistics, statistics + t->learned->statistic_count};
}

// Leaves of all own workers at once.
static status create_leaves(training *t)
{
    if (!graph_meets(t->learned->graph)) return ST_OK;
    size_t floats = training_leaf_floats(t), count = (size_t)t->workers.count;
    TRY(arena_create(&t->leaf_memory,
                     arena_padded(count * floats * sizeof(float)) +
                         arena_padded(count * sizeof *t->leaves),
                     "the workers' gradients"));
    t->first_leaf = arena_take(&t->leaf_memory, count * floats * sizeof(float));
    t->leaves = arena_take(&t->leaf_memory, count * sizeof *t->leaves);
    for (size_t own = 0; own < count; own++)
        t->leaves[own] = training_leaf_parts(t, t->first_leaf + own * floats);
    return ST_OK;
}

// Collective. Same status on all ranks.
static status create_reduce(training *t)
{
    TRY(agree(t->world, create_leaves(t)));
    TRY(lockstep_create(&t->lockstep));
    return reduce_create(&t->reduce, t->world, &t->workers, training_leaf_floats(t));
}

bool training_measures(const training *t, size_t i)
{
    const method_type *method = t->job->method;
    return method->measures == NULL || method->measures(t->method, i);
}

uint64_t training_end(const training *t)
{
    uint64_t stop = (uint64_t)t->job->stop_after;
    return stop > 0 && stop < t->steps_total ? stop : t->steps_total;
}

// Where to go on; found = 0: from the beginning.
typedef struct resume_point {
    uint64_t found, step;
} resume_point;

// Local. Only rank 0 looks at the folder, and says which checkpoint is good.
static status find_point(training *t, resume_point *point)
{
    bool found = false;
    TRY(stop_begin(&t->stop, t->world, t->job->run, t->started, t->job->max_seconds));
    if (t->world->rank != 0) return ST_OK;
    TRY(run_folder_make(t->job->run));
    TRY(checkpoint_folder_choose(t->job->run, &found, &point->step));
    point->found = found;
    return ST_OK;
}

// Local. The job that stands in the folder is that of the steps done there, so it is replaced when
// the checkpoint has been read and fits, all else is ready, and there are steps to do.
static status write_job(const training *t)
{
    char *text = NULL;
    if (t->world->rank != 0 || t->step >= training_end(t)) return ST_OK;
    status s = job_place_text(t->job, &text);
    if (s == ST_OK) s = run_folder_write_job(&t->folder, text, t->step);
    free(text);
    return s;
}

// Local, rank 0.
static status open_folder(training *t)
{
    TRY(run_folder_open(&t->folder, t->job->run, t->step));
    TRY(snapshot_prepare(t));
    if (saver_room(t->saver) == ST_OK) return ST_OK;
    log_warn("%s; training goes on without", status_message()); // later there may be room
    status_clear();
    return ST_OK;
}

// Local. Views in units of the data that the run began with: as its checkpoint has them, or else
// those of the data it begins with now.
static status create_views(training *t)
{
    if (t->data_statistics.channels == 0)
        TRY(view_statistics_learn(&t->data_statistics, t->job, t->data));
    dataset_fill_nan(t->data, t->data_statistics.mean);
    return views_create(&t->augmenter, t->job->data.augment, t->job, dataset_get_info(t->data),
                        &t->data_statistics);
}

// Collective. All ranks read the checkpoint.
static status resume(training *t)
{
    resume_point point = {0};
    TRY(agree(t->world, find_point(t, &point)));
    exchange_broadcast(t->world, &point, sizeof point, 0);
    if (point.found != 0) TRY(agree(t->world, snapshot_resume(t, point.step)));
    TRY(agree(t->world, create_views(t)));
    TRY(agree(t->world, t->world->rank == 0 ? open_folder(t) : ST_OK));
    if (point.found == 0 || t->step >= training_end(t)) return ST_OK;
    log_info("%s: resumed at step %llu of %llu", t->job->run, (unsigned long long)t->step,
             (unsigned long long)t->steps_total);
    return ST_OK;
}

static status create_evaluators(training *t)
{
    evaluator_setup setup = {t->world, t->job, &t->data_statistics, t->learned};
    return job_has_test(t->job) ? evaluators_create(&t->evaluators, &setup) : ST_OK;
}

static status start_loader(training *t)
{
    uint64_t last = training_end(t);
    loader_plan plan = {
        .mode = LOADER_SHUFFLED,
        .order = t->order,
        .patches = (uint64_t)t->job->data.patches,
        .first_worker = t->workers.first,
        .worker_count = t->workers.count,
        .worker_batch = t->workers.batch,
        .step_stride = 1,
        .first_step = t->step,
        .step_count = last > t->step ? last - t->step : 0,
    };
    plan.view_count = t->job->method->views(&t->job->method_config, plan.views);
    t->view_count = plan.view_count;
    return loader_create(&t->loader, t->data, t->augmenter, &plan);
}

// Collective. Equal programs on equal processors, or the same sum has different bits on different
// ranks.
static status agree_on_machines(const world *w)
{
    char text[AGREE_TEXT_SIZE];
    TRY(agree_same_text(w, "basin " BASIN_VERSION, "program", "install one version everywhere"));
    kernels_versions(text, sizeof text);
    TRY(agree_same_text(w, text, "libraries", "install the same ones everywhere"));
    kernels_instruction_set(text, sizeof text);
    return agree_same_text(w, text, "instruction set",
                           "take machines of one kind, or set ONEDNN_MAX_CPU_ISA and "
                           "OPENBLAS_CORETYPE on all of them to what the oldest has");
}

// Collective. From here on no rank waits for ever.
static status start_watchdog(training *t)
{
    const world *w = t->world;
    rank_watch_limit(t->job->watch.stall);
    if (t->job->watch.stall == 0) return ST_OK;
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/heartbeat", t->job->run);
    TRY(agree(w, w->rank == 0 ? run_folder_make(t->job->run) : ST_OK));
    TRY(watchdog_start(&t->watchdog, w, path, t->job->watch.stall));
    rank_watch_pause(true);
    return ST_OK;
}

status training_open(training *t, const world *w, const job *j)
{
    *t = (training){.world = w, .job = j, .started = clock_seconds()};
    TRY(start_watchdog(t));
    TRY(agree_on_machines(w));
    binding_tell(w, (int)j->threads);
    TRY(agree(w, open_data(t)));
    TRY(agree_same(w, dataset_get_info(t->data)->count, "number of training samples"));
    TRY(agree_same(w, t->data_hash, "training data"));
    TRY(agree(w, create_method(t)));
    TRY(agree(w, idle_settings_check(t)));
    TRY(agree(w, create_optimizer(t)));
    TRY(create_reduce(t));
    TRY(resume(t));
    TRY(agree_same(w, t->step, "step to resume at"));
    TRY(agree(w, create_evaluators(t)));
    TRY(agree(w, pace_create(&t->pace, w)));
    idle_settings_look(t);
    TRY(agree(w, start_loader(t)));
    return agree(w, write_job(t));
}

status training_open_again(training *t, const world *w, const job *j, uint64_t step)
{
    *t = (training){.world = w, .job = j, .started = clock_seconds()};
    TRY(agree(w, open_data(t)));
    TRY(agree(w, create_method(t)));
    TRY(agree(w, create_optimizer(t)));
    TRY(create_reduce(t));
    if (step > 0) TRY(agree(w, snapshot_resume(t, step)));
    TRY(agree(w, create_views(t)));
    return agree(w, start_loader(t));
}

status training_open_without_data(training *t, const world *w, const job *j, shape view,
                                  uint64_t samples)
{
    *t = (training){.world = w, .job = j, .started = clock_seconds()};
    TRY(agree(w, describe_synthetic(t, view, samples)));
    TRY(agree(w, create_method(t)));
    TRY(agree(w, create_optimizer(t)));
    return create_reduce(t);
}

void training_close(training *t)
{
    watchdog_stop(t->watchdog);
    rank_watch_pause(false);
    pace_destroy(&t->pace);
    saver_destroy(t->saver);
    free(t->arrays);
    if (proof_end(t) != ST_OK) log_warn("%s", status_message());
    if (run_folder_close(&t->folder) != ST_OK) log_warn("%s", status_message());
    if (t->loader != NULL) loader_destroy(t->loader);
    evaluators_destroy(&t->evaluators);
    if (t->reduce != NULL) reduce_destroy(t->reduce);
    lockstep_destroy(&t->lockstep);
    arena_destroy(&t->leaf_memory);
    free(t->segments);
    arena_destroy(&t->optimizer_memory);
    if (t->method != NULL) t->job->method->destroy(t->method);
    free(t->method);
    if (t->augmenter != NULL) augmenter_destroy(t->augmenter);
    view_statistics_destroy(&t->data_statistics);
    if (t->data != NULL) dataset_close(t->data);
    *t = (training){0};
}
