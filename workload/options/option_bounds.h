/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_bounds.h - the most that an option may be, whatever the others are.
 */
#ifndef OPTION_BOUNDS_H
#define OPTION_BOUNDS_H

/* For the regions and the scratch pages, together. */
unsigned long option_available_pages(void);

unsigned long option_max_pages(void);
unsigned long option_max_scratch(void);
unsigned long option_max_cpu(void);
unsigned long option_max_node(void);
unsigned long option_max_ms(void);
unsigned long option_max_seconds(void);

#endif /* OPTION_BOUNDS_H */
