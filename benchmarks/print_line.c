// SPDX-License-Identifier: GPL-2.0
/*
 * print_line.c - an init that prints a line and waits: the least that a boot
 * can end in.
 */
#include <unistd.h>

int main(void)
{
	static const char line[] = "bare: up\n";

	if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
		return 1;
	for (;;)
		pause();
}
