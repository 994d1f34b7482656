/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_checks.h - whether options go together.
 */
#ifndef OPTION_CHECKS_H
#define OPTION_CHECKS_H

struct options;

/* Both answer a status. */
int option_check_required(const struct options *options);
int option_check_together(const struct options *options);

#endif /* OPTION_CHECKS_H */
