/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node_roles.h - the nodes that the CPUs of the options are on, and the pages
 * are to be on.
 */
#ifndef NODE_ROLES_H
#define NODE_ROLES_H

struct node_roles {
	int cpu;
	int home;
	int target; /* -1: none */
	int writer; /* -1: no writer */
};

#endif /* NODE_ROLES_H */
