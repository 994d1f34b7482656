// SPDX-License-Identifier: GPL-2.0
/*
 * faults.c - page faults of this program: count them, and have its own early.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "faults.h"
#include "status.h"

long faults_minor(void)
{
	struct rusage usage;

	/* Not RUSAGE_SELF: a fault of the writer would be counted too. */
	if (getrusage(RUSAGE_THREAD, &usage))
		return -1;
	return usage.ru_minflt;
}

int faults_take_own(void)
{
	if (!mlockall(MCL_CURRENT) && !munlockall())
		return STATUS_PASS;
	/* Without the privilege, RLIMIT_MEMLOCK is 0 or too low. */
	if (errno == EPERM || errno == ENOMEM)
		return report_error(STATUS_SKIP, errno,
				    "mlockall: needs CAP_IPC_LOCK");
	return report_error(STATUS_FAIL, errno, "mlockall");
}
