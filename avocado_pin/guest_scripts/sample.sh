#!/bin/sh
# One sample of a run, in the guest: numastat between two exact reports of the workload.
# usage: sample.sh PID EVENTS LINES NUMASTAT   LINES of the file EVENTS are known already
pid=$1
events=$2
known=$3
numastat=$4

# Only whole lines: the workload may be in the middle of one.
whole() {
	head -n "$(wc -l <"$events")" "$events"
}

reports() {
	whole | grep -c '"event":"report"'
}

ask() {
	before=$(reports)
	kill -USR2 "$pid" || exit 1
	while [ "$(reports)" -le "$before" ]; do
		kill -0 "$pid" || exit 1
		usleep 10000
	done
}

now() {
	cut -d' ' -f1 /proc/uptime
}

ask
from=$(now)
table=$(sh -c "$numastat")
echo "--- from $from to $(now)"
echo "$table"
ask
echo "--- events"
whole | tail -n +$((known + 1))
