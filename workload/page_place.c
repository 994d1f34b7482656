// SPDX-License-Identifier: GPL-2.0
/*
 * page_place.c - where a page is.
 */
#include "page_place.h"

size_t page_place_count(const struct page_place *places, size_t pages, int node)
{
	size_t count = 0;
	size_t page;

	for (page = 0; page < pages; page++)
		if (places[page].node == node)
			count++;
	return count;
}
