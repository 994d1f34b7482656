/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_help.h - what --help and --version print.
 */
#ifndef OPTION_HELP_H
#define OPTION_HELP_H

void option_print_help(void);
void option_print_version(void);

#endif /* OPTION_HELP_H */
