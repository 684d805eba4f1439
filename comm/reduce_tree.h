// comm/reduce_tree.h -- the shape of the summation tree, and nothing about messages.
//
// Leaves 0 .. V-1. Node (level, index) is the sum of the leaves index*2^level ..
// (index+1)*2^level-1 as far as they exist, left child + right child. Neighbouring leaves fall into
// whole nodes:
//
//   V = 12, three leaves a rank      (3)                              level
//                            ┌────────┴────────┐
//                           (2)               (2)         (2)           2     the last (2) has no
//                        ┌───┴───┐         ┌───┴───┐   ┌───┴───┐              right neighbour: its
//                       (1)     (1)       (1)     (1) (1)     (1)       1     parent has its value
//                       0 1     2 3       4 5     6 7 8 9    10 11
//   whole nodes of rank 0: (0 1) (2)   rank 1: (3) (4 5)   rank 2: (6 7) (8)   rank 3: (9) (10 11)
#ifndef COMM_REDUCE_TREE_H
#define COMM_REDUCE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#define TREE_NODES_MAX 64 // of one run of leaves: at most two of each level

typedef struct tree_node {
    int level, index;
} tree_node;

// One addition: the right sum onto the left one; numbers count the nodes that are added up.
typedef struct tree_step {
    int left, right;
    int depth; // sums in the making to the left of this one; 0: it begins with node 0
} tree_step;

// Are the two nodes the children of one parent, in this order?
bool tree_siblings(tree_node left, tree_node right);
tree_node tree_parent(tree_node child);

// The fewest nodes that hold exactly the leaves first .. end-1, in order. Returns their number;
// `nodes` (TREE_NODES_MAX) may be NULL.
int tree_split(int first, int end, tree_node *nodes);

// The most sums alive at once (open nodes and the new leaf) while the leaves first .. end-1 come
// one by one and siblings are added as soon as both are there.
int tree_sums(int first, int end);

// How `count` nodes that hold leaves 0 .. V-1, in order, are added up: `steps` (count - 1), after
// which the sum over all leaves stands at node 0.
void tree_order(const tree_node *nodes, int count, tree_step *steps);

// left (count) becomes left + right (count).
void tree_add(float *restrict left, const float *restrict right, size_t count);

// sum (count) becomes left (count) + right (count).
void tree_add_into(float *restrict sum, const float *restrict left, const float *restrict right,
                   size_t count);

// The same numbers by stores of base/stream.h, which the caller ends; sum lies on 64 bytes.
void tree_stream_sum(float *restrict sum, const float *restrict left, const float *restrict right,
                     size_t count);

#endif
