// SPDX-License-Identifier: GPL-2.0
/*
 * filler.c - anonymous base pages of a node that arrange where other pages go.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "room/filler.h"
#include "huge_pages.h"
#include "node_folder.h"
#include "node_set.h"
#include "status.h"

/* More than this share of what is free may wake reclaim, which moves pages. */
#define PART_OF_FREE 2
/*
 * Since 6.7 the kernel raises what a CPU may keep up to this part of a zone,
 * shared by the node's CPUs (zone_highsize() and
 * MIN_PERCPU_PAGELIST_HIGH_FRACTION in mm/page_alloc.c). Before it was less.
 */
#define PART_THAT_CPUS_KEEP 8

size_t filler_node_pages(int node, const char *name)
{
	size_t page_kib = sysconf(_SC_PAGESIZE) / 1024;
	size_t kib, found = 0;
	char path[64], line[128], key[64];
	FILE *file;

	snprintf(path, sizeof(path), NODES_FOLDER "/node%d/meminfo", node);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d %63[^:]: %zu kB", key, &kib) == 2 &&
		    !strcmp(key, name))
			found = kib / page_kib;
	fclose(file);
	return found;
}

/* The folder of a node has a link for each of its CPUs. */
static size_t count_cpus(int node)
{
	struct dirent *entry;
	unsigned int cpu;
	size_t cpus = 0;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), NODES_FOLDER "/node%d", node);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "cpu%u", &cpu) == 1)
			cpus++;
	if (folder)
		closedir(folder);
	/* The CPUs of other nodes share a node that has none. */
	return cpus ?: 1;
}

size_t filler_cpu_keeps(int node)
{
	return filler_node_pages(node, "MemTotal") / PART_THAT_CPUS_KEEP /
	       count_cpus(node);
}

/* By a policy of the mapping, whatever the thread's policy is. */
static int bind_to_node(const struct filler *filler)
{
	struct node_set nodes = node_set_of(filler->node);

	return syscall(SYS_mbind, filler->region.start,
		       region_bytes(&filler->region), MPOL_BIND, nodes.bits,
		       NODE_SET_BITS, 0);
}

static int set_up(const struct filler *filler)
{
	const struct region *region = &filler->region;
	int error;

	if (bind_to_node(filler))
		return report_error(STATUS_FAIL, errno,
				    "bind filler pages to node %d",
				    filler->node);
	error = huge_pages_forbid(region->start, region_bytes(region));
	if (error)
		return report_error(STATUS_FAIL, -error, "set up filler pages");
	return STATUS_PASS;
}

int filler_map(struct filler *filler, int node)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	size_t pages = filler_node_pages(node, "MemFree") / PART_OF_FREE;
	void *start;
	int status;

	*filler = (struct filler){ .node = node };
	status = place_reader_open(&filler->reader, 0);
	if (status)
		return status;
	start = mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return report_error(STATUS_FAIL, errno,
				    "map %zu filler pages of node %d", pages,
				    node);
	filler->region = (struct region){
		.name = "filler",
		.start = start,
		.pages = pages,
		.page_size = page_size,
	};
	return set_up(filler);
}

int filler_fault_in(struct filler *filler, size_t pages)
{
	size_t end = filler->faulted + pages;

	if (end > filler->region.pages)
		return report_error(STATUS_FAIL, 0,
				    "node %d has room for %zu filler pages, "
				    "not %zu",
				    filler->node, filler->region.pages, end);
	for (; filler->faulted < end; filler->faulted++)
		*(volatile char *)region_page(&filler->region,
					      filler->faulted) = 1;
	return STATUS_PASS;
}

int filler_read_last(struct filler *filler, struct page_place *places,
		     size_t pages)
{
	struct region last = filler->region;
	unsigned int asked;

	last.start = region_page(&filler->region, filler->faulted - pages);
	last.pages = pages;
	return place_reader_read(&filler->reader, &last, places, &asked);
}

void filler_give_back(const struct filler *filler, size_t page)
{
	madvise(region_page(&filler->region, page), filler->region.page_size,
		MADV_DONTNEED);
}

void filler_unmap(struct filler *filler)
{
	if (filler->region.start)
		munmap(filler->region.start, region_bytes(&filler->region));
	place_reader_close(&filler->reader);
	*filler = (struct filler){ 0 };
}
