/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status.h - how a step ended, and the exit codes: those of kselftest.
 * STATUS_SKIP: the kernel or a privilege is lacking.
 *
 * A function that answers a status has reported its error itself.
 */
#ifndef STATUS_H
#define STATUS_H

#define STATUS_PASS 0
#define STATUS_FAIL 1
#define STATUS_SKIP 4

/*
 * The event of an error. Answers the status, to be returned. error: an errno,
 * or 0 when no call failed.
 */
int report_error(int status, int error, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* STATUS_H */
