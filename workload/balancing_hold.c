// SPDX-License-Identifier: GPL-2.0
/*
 * balancing_hold.c - keep NUMA balancing from sampling while pages are faulted
 * in.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "balancing_hold.h"
#include "node_set.h"
#include "status.h"

static int set_policy(int mode)
{
	if (syscall(SYS_set_mempolicy, mode, NULL, 0))
		return report_error(STATUS_FAIL, errno, "set_mempolicy");
	return STATUS_PASS;
}

static int bind_to_node(int node)
{
	struct node_set set = node_set_of(node);

	if (syscall(SYS_set_mempolicy, MPOL_BIND, set.bits, NODE_SET_BITS))
		return report_error(STATUS_FAIL, errno,
				    "set_mempolicy to node %d", node);
	return STATUS_PASS;
}

int balancing_hold(int node, bool *held)
{
	int mode, status;

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0))
		return report_error(STATUS_FAIL, errno, "get_mempolicy");
	if (node >= 0)
		status = bind_to_node(node);
	else if (mode == MPOL_DEFAULT)
		status = set_policy(MPOL_LOCAL);
	else
		return STATUS_PASS;
	*held = !status;
	return status;
}

int balancing_release(bool *held)
{
	if (!*held)
		return STATUS_PASS;
	*held = false;
	return set_policy(MPOL_DEFAULT);
}
