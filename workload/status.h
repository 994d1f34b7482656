/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status.h - how a step ended, and the exit codes: those of kselftest.
 *
 * A function that answers a status has reported its error itself.
 */
#ifndef STATUS_H
#define STATUS_H

#define STATUS_PASS 0
#define STATUS_FAIL 1
#define STATUS_SKIP 4

#endif /* STATUS_H */
