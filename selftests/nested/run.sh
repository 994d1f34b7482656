#!/bin/sh
# Runs the sets of a plan in the checkout ~/avocado-pin, a job each: run.sh FOLDER ACCELERATOR
# FOLDER/plan has lines "set kernel"; FOLDER/KERNEL.SET gets the job's results, its output and its
# seconds as soon as the job has ended.
folder=$1
accelerator=$2
avocado="$HOME/avocado-pin/.venv/bin/avocado"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Says which accelerator guests run under.
"$avocado" pin-bootstrap 2>&1 | tee "$folder/bootstrap.txt"

while read -r set kernel; do
	job=$kernel.$set
	echo "$job ..."
	start=$(date +%s)
	{
		"$avocado" run --job-results-dir "$work/$job" --vt-extra-params "kernel=$kernel" \
			--vt-extra-params "accelerator=$accelerator" -- "$set" </dev/null 2>&1
		echo $? >"$work/$job.status"
	} | tee "$work/$job.output"
	mkdir -p "$work/$job"
	mv "$work/$job.output" "$work/$job/output.txt"
	mv "$work/$job.status" "$work/$job/status"
	echo $(($(date +%s) - start)) >"$work/$job/seconds"
	# Under another name until it is whole.
	cp -r --no-preserve=all "$work/$job" "$folder/.$job" && mv "$folder/.$job" "$folder/$job"
	rm -rf "${work:?}/$job"
done <"$folder/plan"
dmesg >"$folder/dmesg.txt"
