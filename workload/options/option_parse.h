/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_parse.h - parse the command line.
 */
#ifndef OPTION_PARSE_H
#define OPTION_PARSE_H

struct options;

/* Answers a status; --help and --version exit. */
int option_parse(struct options *options, int argc, char **argv);

#endif /* OPTION_PARSE_H */
