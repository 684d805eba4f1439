// io/packing/image_pack.c -- the list of images, cut into splits and shards; and the shards that
// are kept.
#include "io/packing/image_pack.h"

#include "io/files/folder.h"
#include "io/packing/image_source.h"
#include "io/packing/kept_shard.h"
#include "io/shards/shard_names.h"

#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

// The images of one split, and where its shards stand.
typedef struct split {
    const char *name;
    char prefix[PATH_MAX - 32];
    source_image *images; // (count) in stored order; their paths are the folder's
    size_t count;
    int shards;
    shard_series_result made; // by this process
} split;

struct image_pack {
    const pack_job *job;
    image_source source;
    bool decodes; // images are stored decoded, in this form
    stored_form form;
    split splits[PACK_MAX_SPLITS];
    char ignored[IGNORED_TEXT];
    char *left_out; // lines
    size_t left_out_length;
    uint64_t left_out_count, kept_shards;
    pack_notes notes;
};

// By the place in the folder: it does not change when another image is broken.
static int split_of(const image_pack *p, const source_image *image)
{
    size_t test_every = (size_t)p->job->test_every;
    if (p->source.has_splits || test_every == 0) return image->split;
    return (image->place + 1) % test_every == 0 ? PACK_TEST : PACK_TRAIN;
}

static status plan_split(image_pack *p, int number)
{
    split *s = &p->splits[number];
    const pack_job *job = p->job;
    s->name = pack_split_names[number];
    int length = snprintf(s->prefix, sizeof s->prefix, "%s/%s", job->destination, s->name);
    CHECK(length < (int)sizeof s->prefix, ST_USAGE, "%s: this path is too long", job->destination);
    s->images = calloc(p->source.count, sizeof *s->images);
    CHECK(s->images != NULL, ST_INTERNAL, "no memory to list \"%s\"", job->sources[0]);
    for (size_t i = 0; i < p->source.count; i++)
        if (split_of(p, &p->source.images[i]) == number)
            s->images[s->count++] = p->source.images[i];
    uint64_t shards = (s->count + job->shard_size - 1) / job->shard_size;
    CHECK(shards <= 99999, ST_USAGE,
          "%zu images make %" PRIu64 " shards of %" PRIu64 ": give a larger --shard-size", s->count,
          shards, job->shard_size);
    s->shards = (int)shards;
    return ST_OK;
}

static void note_left_out(void *context, const char *why)
{
    image_pack *p = context;
    size_t room = strlen(why) + 2; // with the end of the line and of the text
    char *longer = realloc(p->left_out, p->left_out_length + room);
    p->left_out_count++;
    if (longer == NULL) return; // counted, if not named
    p->left_out = longer;
    snprintf(longer + p->left_out_length, room, "%s\n", why);
    p->left_out_length += room - 1;
}

const char *image_pack_left_out(const image_pack *p)
{
    return p->left_out != NULL ? p->left_out : "";
}

// Without splits of its own, what the folder's images have, all have.
static bool split_labelled(const image_pack *p, const split *s)
{
    return p->source.labelled[p->source.has_splits ? s - p->splits : PACK_TRAIN];
}

static image_shard shard_of(image_pack *p, const split *s, int number, const char *path)
{
    size_t first = (size_t)number * p->job->shard_size, left = s->count - first;
    return (image_shard){.path = path,
                         .images = s->images + first,
                         .count = left < p->job->shard_size ? left : p->job->shard_size,
                         .class_names = split_labelled(p, s) ? p->source.class_names : NULL,
                         .root_length = strlen(p->job->sources[0]),
                         .form = p->decodes ? &p->form : NULL,
                         .skip_bad = p->job->skip_bad,
                         .left_out = note_left_out,
                         .context = p,
                         .notes = &p->notes};
}

// Whether the shard that is there, if any, can be kept; `whole`: after reading all of it.
static status find_kept(const image_pack *p, const image_shard *shard, uint64_t hash, bool whole,
                        kept_shard *kept)
{
    *kept = (kept_shard){0};
    if (p->job->replace) return ST_OK;
    TRY(kept_shard_look(shard, hash, kept));
    return kept->keep && whole ? kept_shard_check(shard, kept) : ST_OK;
}

static status look_at_shard(image_pack *p, const split *s, int number)
{
    char path[PATH_MAX];
    uint64_t hash = 0;
    kept_shard kept;
    image_shard shard = shard_of(p, s, number, shard_name(s->prefix, (uint64_t)number, path));
    if (access(path, F_OK) != 0) return ST_OK;
    TRY(image_shard_hash(&shard, &hash));
    return find_kept(p, &shard, hash, false, &kept);
}

// Shard `number` counted over all splits; NULL beyond the last.
static split *find_shard(image_pack *p, int *number)
{
    for (int i = 0; i < PACK_MAX_SPLITS; i++) {
        if (*number < p->splits[i].shards) return &p->splits[i];
        *number -= p->splits[i].shards;
    }
    return NULL;
}

static status look_at_destination(image_pack *p)
{
    char path[PATH_MAX];
    const pack_job *job = p->job;
    // Whether a shard that exists may be replaced, look_at_shard tells by what it holds.
    const output_rules rules = {true, job->sources, (size_t)job->source_count, NULL};
    TRY(folder_create(job->destination));
    for (int i = 0; i < PACK_MAX_SPLITS; i++)
        TRY(shard_names_check(p->splits[i].prefix, (uint64_t)p->splits[i].shards, &rules));
    for (int i = 0; i < PACK_MAX_SPLITS && !job->replace; i++) {
        shard_name(p->splits[i].prefix, (uint64_t)p->splits[i].shards, path);
        CHECK(access(path, F_OK) != 0, ST_USAGE,
              "\"%s\" exists already, and is not of this source, which makes %d shards of that "
              "name: choose another destination, or give --force to replace them",
              path, p->splits[i].shards);
    }
    for (int round = 0; round < image_pack_rounds(p) && !job->replace; round++) {
        int number = round * job->rank_count + job->rank;
        const split *s = find_shard(p, &number);
        if (s != NULL) TRY(look_at_shard(p, s, number));
    }
    return ST_OK;
}

static status open_pack(image_pack *p)
{
    const pack_job *job = p->job;
    TRY(image_source_list(&p->source, job->sources[0], job->labels));
    ignored_files_text(&p->source.ignored, p->ignored);
    if (p->source.count == 0) return pack_finds_nothing(job->sources[0], p->ignored);
    p->decodes = job->side != 0 || job->pixels != PACK_RGB;
    if (p->decodes) TRY(stored_form_find(&p->form, job, &p->source));
    for (int i = 0; i < PACK_MAX_SPLITS; i++)
        TRY(plan_split(p, i));
    return look_at_destination(p);
}

status image_pack_open(image_pack **opened, const pack_job *job)
{
    *opened = NULL;
    ASSERT(job->shard_size > 0 && job->rank >= 0 && job->rank < job->rank_count);
    image_pack *p = calloc(1, sizeof *p);
    CHECK(p != NULL, ST_INTERNAL, "no memory to pack \"%s\"", job->sources[0]);
    p->job = job;
    status s = open_pack(p);
    if (s == ST_OK)
        *opened = p;
    else
        image_pack_close(p);
    return s;
}

const char *image_pack_ignored(const image_pack *p)
{
    return p->ignored;
}

uint64_t image_pack_hash(const image_pack *p)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < p->source.count; i++) {
        const source_image *image = &p->source.images[i];
        hash =
            XXH3_64bits_withSeed(image->path, strlen(image->path), hash + (uint64_t)image->label);
    }
    return hash;
}

int image_pack_rounds(const image_pack *p)
{
    int shards = 0, ranks = p->job->rank_count;
    for (int i = 0; i < PACK_MAX_SPLITS; i++)
        shards += p->splits[i].shards;
    return (shards + ranks - 1) / ranks;
}

static void count_shard(split *s, const image_pack *p, const char *path, uint64_t samples)
{
    struct stat about;
    if (stat(path, &about) == 0) s->made.bytes += (uint64_t)about.st_size;
    s->made.files++;
    s->made.samples += samples;
    if (split_labelled(p, s)) s->made.classes = p->source.classes;
}

static status make_shard(image_pack *p, split *s, int number)
{
    char path[PATH_MAX];
    uint64_t hash = 0, stored, left_out;
    kept_shard kept;
    image_shard shard = shard_of(p, s, number, shard_name(s->prefix, (uint64_t)number, path));
    TRY(image_shard_hash(&shard, &hash));
    TRY(find_kept(p, &shard, hash, true, &kept));
    if (kept.keep) {
        stored = kept.samples;
        p->left_out_count += kept.source.left_out;
        p->kept_shards++;
    } else
        TRY(image_shard_write(&shard, hash, &stored, &left_out));
    count_shard(s, p, path, stored);
    return ST_OK;
}

status image_pack_round(image_pack *p, int round)
{
    int number = round * p->job->rank_count + p->job->rank;
    split *s = find_shard(p, &number);
    p->left_out_length = 0;
    if (p->left_out != NULL) p->left_out[0] = '\0';
    return s != NULL ? make_shard(p, s, number) : ST_OK;
}

void image_pack_result(const image_pack *p, pack_result *result)
{
    const stored_form *form = &p->form; // all 0 when the files are kept
    *result = (pack_result){
        .skipped = p->left_out_count, .kept_shards = p->kept_shards, .notes = p->notes};
    for (int i = 0; i < PACK_MAX_SPLITS; i++) {
        const split *s = &p->splits[i];
        if (s->count == 0) continue;
        pack_split *to = &result->splits[result->split_count++];
        *to = (pack_split){.name = s->name, .made = s->made};
        to->shape = (sample_shape){.height = form->height,
                                   .width = form->width,
                                   .channels = form->channels,
                                   .type = form->type,
                                   .labelled = split_labelled(p, s)};
    }
}

// Files of a process that was killed while it wrote a shard.
static void remove_partial(const split *s)
{
    char pattern[PATH_MAX];
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "%s-?????.h5.partial-*", s->prefix);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            (void)unlink(found.gl_pathv[i]); // they are in nobody's way
    globfree(&found);
}

void image_pack_finish(const image_pack *p)
{
    for (int i = 0; i < PACK_MAX_SPLITS; i++) {
        const split *s = &p->splits[i];
        shard_names_remove_from(s->prefix, (uint64_t)s->shards);
        remove_partial(s);
    }
}

void image_pack_close(image_pack *p)
{
    if (p == NULL) return;
    for (int i = 0; i < PACK_MAX_SPLITS; i++)
        free(p->splits[i].images);
    image_source_free(&p->source);
    free(p->left_out);
    free(p);
}
