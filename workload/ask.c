// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - asks a workload that runs.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "status.h"
#include "text_file.h"

#define POLL_NS 1000000
#define NO_PROGRAM 127

struct question {
	pid_t pid;
	FILE *events;
	size_t known; /* lines */
	int signal; /* 0: none is sent */
	const char *text; /* of the answer */
	char **command; /* ends with NULL */
};

enum argument { PID = 1, EVENTS, LINES, SIGNAL, TEXT, COMMAND };

bool ask_is_wanted(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "ask");
}

static int fail(const char *what)
{
	fprintf(stderr, "ask: %s: %s\n", what, strerror(errno));
	return STATUS_FAIL;
}

/* The next line, once it is whole; NULL: it is not yet there. */
static const char *next_line(FILE *events)
{
	static char *line;
	static size_t size;
	long start = ftell(events);
	ssize_t length = getline(&line, &size, events);

	if (length > 0 && line[length - 1] == '\n')
		return line;
	fseek(events, start, SEEK_SET);
	return NULL;
}

/* Prints what is new, up to the answer; false: it is not there. */
static bool find_answer(const struct question *question)
{
	const char *line;

	while ((line = next_line(question->events))) {
		fputs(line, stdout);
		if (strstr(line, question->text))
			return true;
	}
	return false;
}

/* Who started this ends it if it takes too long. */
static int wait_for_answer(const struct question *question)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	bool ended;

	for (;;) {
		/* Looked at first, so that its last words are read. */
		ended = kill(question->pid, 0) != 0;
		if (find_answer(question))
			return STATUS_PASS;
		if (ended)
			return STATUS_FAIL;
		nanosleep(&pause, NULL);
	}
}

static int put(const struct question *question)
{
	/* One that has ended has still left its last words. */
	if (question->signal)
		kill(question->pid, question->signal);
	return wait_for_answer(question);
}

static void read_uptime(char *text, size_t size)
{
	if (text_file_read("/proc/uptime", text, size))
		*text = '\0';
	text[strcspn(text, " ")] = '\0';
}

/* What the command says of itself, by exit code or on stderr, is not looked at. */
static int run(char **command, int output)
{
	pid_t pid = fork();

	if (pid < 0)
		return fail("fork");
	if (!pid) {
		dup2(output, STDOUT_FILENO);
		execvp(command[0], command);
		fail(command[0]);
		_exit(NO_PROGRAM);
	}
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			return fail("wait");
	return STATUS_PASS;
}

/* Whole lines: what comes next must begin with one of its own. */
static void print_all(int output)
{
	char part[4096];
	char last = '\n';
	ssize_t length;

	lseek(output, 0, SEEK_SET);
	while ((length = read(output, part, sizeof(part))) > 0) {
		fwrite(part, 1, length, stdout);
		last = part[length - 1];
	}
	if (last != '\n')
		putchar('\n');
}

static int run_between_uptimes(char **command)
{
	int output = memfd_create("output", MFD_CLOEXEC);
	char from[64], to[64];
	int status;

	if (output < 0)
		return fail("memfd_create");
	fflush(stdout);
	read_uptime(from, sizeof(from));
	status = run(command, output);
	read_uptime(to, sizeof(to));
	if (!status) {
		printf("--- from %s to %s\n", from, to);
		print_all(output);
	}
	close(output);
	return status;
}

static int skip_known(const struct question *question)
{
	size_t line;

	for (line = 0; line < question->known; line++)
		if (!next_line(question->events)) {
			fprintf(stderr, "ask: %zu events, %zu are known\n",
				line, question->known);
			return STATUS_FAIL;
		}
	return STATUS_PASS;
}

static int ask_all(const struct question *question)
{
	int status = skip_known(question);

	if (!status)
		status = put(question);
	if (!status && *question->command)
		status =
			run_between_uptimes(question->command) ?: put(question);
	return status;
}

int ask(int argc, char **argv)
{
	struct question question;
	int status;

	if (argc < COMMAND) {
		fprintf(stderr,
			"usage: ask PID EVENTS LINES SIGNAL TEXT [COMMAND...]\n");
		return STATUS_FAIL;
	}
	question = (struct question){
		.pid = atoi(argv[PID]),
		.events = fopen(argv[EVENTS], "re"),
		.known = strtoul(argv[LINES], NULL, 10),
		.signal = atoi(argv[SIGNAL]),
		.text = argv[TEXT],
		.command = argv + COMMAND,
	};
	if (!question.events)
		return fail(argv[EVENTS]);
	status = ask_all(&question);
	fclose(question.events);
	return status;
}
