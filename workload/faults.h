/* SPDX-License-Identifier: GPL-2.0 */
/*
 * faults.h - page faults of this program: count them, and have its own early.
 */
#ifndef FAULTS_H
#define FAULTS_H

/* Minor faults of the calling thread so far. */
long faults_minor(void);

/*
 * Fault in all that is mapped by now, code included, so that only the regions
 * fault while faults are counted. Answers a status.
 */
int faults_take_own(void);

#endif /* FAULTS_H */
