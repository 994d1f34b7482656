// SPDX-License-Identifier: GPL-2.0
/*
 * option_checks.c - whether options go together.
 */
#include "companion.h"
#include "migrators/migrator.h"
#include "options/option_bounds.h"
#include "options/option_checks.h"
#include "options/option_refuse.h"
#include "options/option_values.h"
#include "page_kind.h"
#include "status.h"

int option_check_required(const struct options *options)
{
	const struct migrator *migrator = options->migrator;

	if (options->pages == OPTION_UNSET)
		return option_refuse("--pages: must be given; see --help");
	if (options->cpu == OPTION_UNSET)
		return option_refuse("--cpu: must be given; see --help");
	if (!options->writers && migrator->needs_writer)
		return option_refuse("--writer-cpus: must be given with "
				     "--migrator=%s",
				     migrator->name);
	if (!options->writers && migrator->needs_target &&
	    options->target_node == OPTION_UNSET)
		return option_refuse("--target-node: must be given with "
				     "--migrator=%s, or --writer-cpus",
				     migrator->name);
	return STATUS_PASS;
}

static int check_whole_units(const struct options *options)
{
	size_t unit = page_kind_unit(options->kind);

	if (options->pages % unit)
		return option_refuse(
			"--pages=%lu: allowed with --page-kind=%s: "
			"multiples of %zu",
			options->pages, options->kind->name, unit);
	return STATUS_PASS;
}

static int check_memory(const struct options *options)
{
	size_t regions = options->kind->pooled ? 0 : options_regions(options);
	unsigned long left = option_available_pages();

	if (regions && options->pages > left / regions)
		return option_refuse("--pages=%lu: allowed for %zu regions: "
				     "1 to %lu",
				     options->pages, regions, left / regions);
	left -= regions * options->pages;
	if (options->scratch_pages > left)
		return option_refuse("--scratch-pages=%lu: allowed: 0 to %lu",
				     options->scratch_pages, left);
	return STATUS_PASS;
}

static int check_child(const struct options *options)
{
	const struct companion *companion = options->companion;

	if (companion->child && companion->region &&
	    !options->migrator->takes_child)
		return option_refuse("--companion=%s: allowed with "
				     "--migrator=balancing and move_pages, "
				     "not %s",
				     companion->name, options->migrator->name);
	return STATUS_PASS;
}

int option_check_together(const struct options *options)
{
	int status = check_whole_units(options);

	if (!status)
		status = check_memory(options);
	if (!status)
		status = check_child(options);
	return status;
}
