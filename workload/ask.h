/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ask.h - asks a workload that runs: a signal, and its answer among its events.
 *
 * A program of its own in all but the file, for who has only a shell in the
 * workload's system: one program is started for what a shell needs twenty for,
 * which under emulation takes longer than much of what is asked for.
 */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>

/* Whether these are the program's arguments of asking. */
bool ask_is_wanted(int argc, char **argv);

/*
 * ask PID EVENTS LINES SIGNAL TEXT [COMMAND...]
 *
 * Sends the signal and waits for a line with the text in the file of events,
 * after so many lines that are known. Prints all lines from there to that one.
 * With a command: prints then what it prints, after the uptime before and
 * after it, and asks again. Answers an exit code; STATUS_FAIL: the workload has
 * ended before, or can't be asked.
 */
int ask(int argc, char **argv);

#endif /* ASK_H */
