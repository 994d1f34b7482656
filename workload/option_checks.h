/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_checks.h - the bounds of options, and those that several decide.
 */
#ifndef OPTION_CHECKS_H
#define OPTION_CHECKS_H

struct options;

/* The most that an option may be, whatever the others are. */
unsigned long option_max_pages(void);
unsigned long option_max_scratch(void);
unsigned long option_max_cpu(void);
unsigned long option_max_node(void);
unsigned long option_max_ms(void);
unsigned long option_max_seconds(void);

/* Both answer a status. */
int option_check_required(const struct options *options);
int option_check_together(const struct options *options);

#endif /* OPTION_CHECKS_H */
