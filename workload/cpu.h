/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpu.h - CPUs and their nodes.
 */
#ifndef CPU_H
#define CPU_H

#include <sched.h>

/* A CPU alone, as calls take it. */
cpu_set_t cpu_set_of(unsigned long cpu);

/* These answer a status. */
int cpu_bind_self(unsigned long cpu);
int cpu_find_node(unsigned long cpu, int *node);

/*
 * Keep other programs off this thread's CPU, and let them run again. Without
 * the privilege they go on all the time.
 */
void cpu_take(void);
void cpu_share(void);

#endif /* CPU_H */
