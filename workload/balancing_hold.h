/* SPDX-License-Identifier: GPL-2.0 */
/*
 * balancing_hold.h - keep NUMA balancing from sampling while pages are faulted
 * in.
 *
 * The kernel samples by making pages fault again, this program's own ones too,
 * in the time of the thread that runs. Those faults would be counted with the
 * regions'. It leaves out pages under a memory policy: for the calling thread
 * "local" does this, and allocates as the default does. If the pages are to be
 * on another node than the CPU's, the policy is to bind to that.
 */
#ifndef BALANCING_HOLD_H
#define BALANCING_HOLD_H

#include <stdbool.h>

/*
 * Hold tells whether there is something to release: a policy given by whoever
 * started the program is left as it is, unless a node is given (-1: none). Both
 * answer a status.
 */
int balancing_hold(int node, bool *held);
int balancing_release(bool *held);

#endif /* BALANCING_HOLD_H */
