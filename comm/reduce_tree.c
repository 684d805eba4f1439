// comm/reduce_tree.c -- the shape of the summation tree.
#include "comm/reduce_tree.h"

#include "base/status.h"
#include "base/stream.h"

#include <string.h>

bool tree_siblings(tree_node left, tree_node right)
{
    return left.level == right.level && left.index % 2 == 0 && right.index == left.index + 1;
}

tree_node tree_parent(tree_node child)
{
    return (tree_node){child.level + 1, child.index / 2};
}

int tree_split(int first, int end, tree_node *nodes)
{
    int count = 0;
    for (long at = first; at < end; count++) {
        // The largest node that starts here and does not reach beyond the end.
        int level = 0;
        while (at % (2L << level) == 0 && at + (2L << level) <= end)
            level++;
        if (nodes != NULL) nodes[count] = (tree_node){level, (int)(at >> level)};
        at += 1L << level;
    }
    return count;
}

int tree_sums(int first, int end)
{
    int most = 0;
    for (int leaf = first; leaf < end; leaf++) {
        int alive = tree_split(first, leaf, NULL) + 1;
        if (alive > most) most = alive;
    }
    return most;
}

void tree_order(const tree_node *nodes, int count, tree_step *steps)
{
    tree_node open[TREE_NODES_MAX];
    int sum_at[TREE_NODES_MAX]; // number of the node where the sum of open[i] stands
    int depth = 0;
    for (int i = 0; i < count; i++) {
        tree_node node = nodes[i];
        int at = i;
        while (depth > 0 && tree_siblings(open[depth - 1], node)) {
            depth--;
            *steps++ = (tree_step){sum_at[depth], at, depth};
            at = sum_at[depth];
            node = tree_parent(node);
        }
        ASSERT(depth < TREE_NODES_MAX);
        open[depth] = node;
        sum_at[depth++] = at;
    }
    // What is still open are left children whose siblings reach beyond V. Where nothing of a
    // sibling is left the parent has the child's value, so each sum is added to the one before it.
    for (; depth > 1; depth--)
        *steps++ = (tree_step){sum_at[depth - 2], sum_at[depth - 1], depth - 2};
}

void tree_add(float *restrict left, const float *restrict right, size_t count)
{
    for (size_t i = 0; i < count; i++)
        left[i] = left[i] + right[i];
}

void tree_add_into(float *restrict sum, const float *restrict left, const float *restrict right,
                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = left[i] + right[i];
}

void tree_stream_sum(float *restrict sum, const float *restrict left, const float *restrict right,
                     size_t count)
{
    size_t whole = count / VECTOR * VECTOR;
    for (size_t i = 0; i < whole; i += VECTOR) {
        vector a, b;
        memcpy(&a, left + i, sizeof a);
        memcpy(&b, right + i, sizeof b);
        a = a + b;
        stream_store(sum + i, &a);
    }
    tree_add_into(sum + whole, left + whole, right + whole, count - whole);
}
