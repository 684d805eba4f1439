// comm/reduce_members.c -- which nodes a member holds, and which rank of it works with this one.
#include "comm/reduce_private.h"

int reduce_member_nodes(const reduce *r, int member, tree_node *nodes)
{
    int leaves = r->v.total / r->members;
    return tree_split(member * leaves, (member + 1) * leaves, nodes);
}

int reduce_rank_of(const reduce *r, int member)
{
    return r->shares ? member * r->w->local_size + r->w->local_rank : member;
}
