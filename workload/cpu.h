/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpu.h - CPUs and their nodes.
 */
#ifndef CPU_H
#define CPU_H

/* Both answer a status. */
int cpu_bind_self(unsigned long cpu);
int cpu_find_node(unsigned long cpu, int *node);

#endif /* CPU_H */
