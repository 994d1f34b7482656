// SPDX-License-Identifier: GPL-2.0
/*
 * balancing.c - NUMA balancing: the kernel itself moves what the writers use.
 */
#include "migrators/migrator.h"

/* No hook: there is nothing to tell the kernel. */
const struct migrator migrator_balancing = {
	.name = "balancing",
	.needs_writer = true,
	.takes_child = true,
};
