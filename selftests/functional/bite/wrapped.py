"""A script before the workload's program in the guest, by which it does or says something else."""

PROGRAM = "/tmp/pin/pin_workload"


def wrapped(ask: str, run: str) -> str:
    """Return the command that puts a script before the program.

    :param ask: what the script does when the program that runs is to be asked (docs/workload.md)
    :param run: what it does first when the program is to run
    """
    script = f'if [ "$1" = ask ]; then {ask}; else {run}; fi; exec {PROGRAM}.real "$@"'
    lines = f"'#!/bin/sh' '{script}'"
    return f"mv {PROGRAM} {PROGRAM}.real; printf '%s\\n' {lines} >{PROGRAM}; chmod +x {PROGRAM}"


def said_otherwise(edit: str) -> str:
    """Return what the script is to do so that the program's events are edited by sed."""
    return f'{PROGRAM}.real "$@" >/tmp/said; ended=$?; sed "{edit}" /tmp/said; exit $ended'
