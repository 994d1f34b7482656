/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_refuse.h - refuse a command line.
 */
#ifndef OPTION_REFUSE_H
#define OPTION_REFUSE_H

/* Print why. Answers the status of a failure. */
int option_refuse(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* OPTION_REFUSE_H */
