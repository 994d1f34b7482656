/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node_set.h - nodes as the system calls of memory policies take them.
 */
#ifndef NODE_SET_H
#define NODE_SET_H

#define NODES_MAX 1024
#define NODE_SET_LONG_BITS (8 * (int)sizeof(unsigned long))

/* The kernel reads one bit less than it is told. */
#define NODE_SET_BITS (NODES_MAX + 1)

struct node_set {
	unsigned long bits[NODES_MAX / NODE_SET_LONG_BITS + 1];
};

static inline struct node_set node_set_of(int node)
{
	struct node_set set = { 0 };

	set.bits[node / NODE_SET_LONG_BITS] = 1UL << node % NODE_SET_LONG_BITS;
	return set;
}

#endif /* NODE_SET_H */
