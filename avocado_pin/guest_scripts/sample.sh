#!/bin/sh
# One sample of a run, in the guest: numastat between two exact reports of the workload. Few programs
# are started, as that is what takes time under emulation.
# usage: sample.sh PID EVENTS LINES REQUESTS NUMASTAT
# LINES of the file EVENTS are known already, reports that were asked for are REQUESTS of these
pid=$1
events=$2
known=$3
requests=$4
numastat=$5

# Wait until the report is there, and the workload not in the middle of a line.
ask() {
	requests=$((requests + 1))
	kill -USR2 "$pid" || exit 1
	until [ "$(grep -c '"reason":"request"' "$events")" -ge $requests ] &&
		[ -z "$(tail -c 1 "$events")" ]; do
		kill -0 "$pid" || exit 1
		usleep 5000
	done
}

ask
read -r from rest </proc/uptime
table=$(eval "$numastat")
read -r to rest </proc/uptime
ask
echo "--- from $from to $to"
echo "$table"
echo "--- events"
tail -n +$((known + 1)) "$events"
