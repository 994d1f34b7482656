/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report_options.h - the event of what the program was told to do.
 */
#ifndef REPORT_OPTIONS_H
#define REPORT_OPTIONS_H

struct node_roles;
struct options;

void report_begin(const struct options *options,
		  const struct node_roles *nodes);

#endif /* REPORT_OPTIONS_H */
