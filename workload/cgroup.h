/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cgroup.h - a control group of version 2 for this process alone.
 */
#ifndef CGROUP_H
#define CGROUP_H

#define CGROUP_ROOT "/sys/fs/cgroup"
#define CGROUP CGROUP_ROOT "/pin_workload"

/* These answer a status. STATUS_SKIP: there is no such controller. */
int cgroup_check(const char *controller);
int cgroup_make(const char *controller);
int cgroup_enter(void);

/* Leave and remove it, and what else was done. Answers a status. */
int cgroup_undo(void);

#endif /* CGROUP_H */
