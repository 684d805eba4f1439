// models/graph/graph_layout.c -- the largest first, each as low as it can lie.
#include "models/graph/graph_layout.h"

#include "base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

status layout_create(layout *l, int capacity, int times)
{
    *l = (layout){.capacity = capacity, .times = times};
    l->pieces = calloc((size_t)capacity, sizeof *l->pieces);
    l->order = calloc((size_t)capacity, sizeof(const piece *));
    l->changes = calloc((size_t)times + 1, sizeof *l->changes);
    CHECK(l->pieces != NULL && l->order != NULL && l->changes != NULL, ST_INTERNAL,
          "no memory to plan a graph");
    return ST_OK;
}

void layout_destroy(layout *l)
{
    free(l->pieces);
    free(l->order);
    free(l->changes);
    *l = (layout){0};
}

int layout_add(layout *l, size_t bytes, int first, int last)
{
    if (bytes == 0) return -1;
    ASSERT(l->count < l->capacity);
    l->pieces[l->count] = (piece){arena_padded(bytes), 0, first, last};
    return l->count++;
}

void layout_extend(layout *l, int number, int last)
{
    piece *p = &l->pieces[number];
    if (last > p->last) p->last = last;
}

void layout_clear(layout *l)
{
    l->count = 0;
}

size_t layout_fullest(layout *l)
{
    memset(l->changes, 0, ((size_t)l->times + 1) * sizeof *l->changes);
    for (int i = 0; i < l->count; i++) {
        const piece *p = &l->pieces[i];
        ASSERT(p->first >= 0 && p->first <= p->last && p->last < l->times);
        l->changes[p->first] += (ptrdiff_t)p->bytes;
        l->changes[p->last + 1] -= (ptrdiff_t)p->bytes;
    }
    size_t living = 0, most = 0;
    for (int time = 0; time < l->times; time++) {
        living = (size_t)((ptrdiff_t)living + l->changes[time]);
        if (living > most) most = living;
    }
    return most;
}

static int larger_first(const void *a, const void *b)
{
    const piece *left = *(const piece *const *)a, *right = *(const piece *const *)b;
    if (left->bytes != right->bytes) return left->bytes < right->bytes ? 1 : -1;
    return left->first != right->first ? left->first - right->first : left->last - right->last;
}

// Lowest offset at which piece number `index` in the order meets none of the pieces before it.
static size_t free_offset(const layout *l, int index)
{
    const piece *p = l->order[index];
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < index; i++) {
            const piece *other = l->order[i];
            bool together = other->first <= p->last && p->first <= other->last;
            bool overlap =
                other->offset < offset + p->bytes && offset < other->offset + other->bytes;
            if (together && overlap) {
                offset = other->offset + other->bytes;
                moved = true;
            }
        }
    }
    return offset;
}

void layout_place(layout *l)
{
    for (int i = 0; i < l->count; i++)
        l->order[i] = &l->pieces[i];
    qsort(l->order, (size_t)l->count, sizeof(const piece *), larger_first);
    for (int i = 0; i < l->count; i++) {
        piece *p = &l->pieces[l->order[i] - l->pieces];
        p->offset = free_offset(l, i);
        if (p->offset + p->bytes > l->bytes) l->bytes = p->offset + p->bytes;
    }
}

void *layout_address(const layout *l, int number, unsigned char *base)
{
    return number < 0 ? NULL : base + l->pieces[number].offset;
}
