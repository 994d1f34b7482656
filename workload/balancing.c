// SPDX-License-Identifier: GPL-2.0
/*
 * balancing.c - keep NUMA balancing from sampling while pages are faulted in.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "balancing.h"
#include "status.h"

static int set_policy(int mode)
{
	if (syscall(SYS_set_mempolicy, mode, NULL, 0))
		return report_error(STATUS_FAIL, errno, "set_mempolicy");
	return STATUS_PASS;
}

int balancing_hold(bool *held)
{
	int mode, status;

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0))
		return report_error(STATUS_FAIL, errno, "get_mempolicy");
	if (mode != MPOL_DEFAULT)
		return STATUS_PASS;
	status = set_policy(MPOL_LOCAL);
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
