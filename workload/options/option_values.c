// SPDX-License-Identifier: GPL-2.0
/*
 * option_values.c - what the command line says.
 */
#include "access.h"
#include "companion.h"
#include "migrators/migrator_table.h"
#include "options/option_values.h"
#include "page_kind.h"
#include "page_kind_table.h"
#include "pin_table.h"
#include "table.h"

struct options options_default(void)
{
	return (struct options){
		.kind = table_find(page_kinds, "anon"),
		.pin = table_find(pin_methods, "none"),
		.companion = table_find(companions, "none"),
		.migrator = table_find(migrators, "balancing"),
		.access = table_find(access_modes, "write"),
		.dir = OPTION_DEFAULT_DIR,
		.pages = OPTION_UNSET,
		.cpu = OPTION_UNSET,
		.home_node = OPTION_UNSET,
		.target_node = OPTION_UNSET,
		.scratch_pages = 128,
		.writer_delay_ms = OPTION_UNSET,
		.max_seconds = 3600,
	};
}

size_t options_regions(const struct options *options)
{
	bool third = options->companion->released ||
		     (options->companion->child && !options->kind->shared);

	return third ? 3 : 2;
}
