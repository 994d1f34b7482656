#!/bin/sh
# Runs the jobs of a plan in the checkout ~/avocado-pin: run.sh FOLDER ACCELERATOR
# FOLDER/plan has lines "job kernel test...". FOLDER/JOB is there as soon as the job has ended, with
# its results, its output and its seconds.
folder=$1
accelerator=$2
avocado="$HOME/avocado-pin/.venv/bin/avocado"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Says which accelerator guests run under.
"$avocado" pin-bootstrap 2>&1 | tee "$folder/bootstrap.txt"

while read -r job kernel tests; do
	echo "$job ..."
	start=$(date +%s)
	{
		# Many pages take minutes to move where KVM's own CPU is emulated.
		# shellcheck disable=SC2086
		"$avocado" run --job-results-dir "$work/$job" -p "kernel=$kernel" \
			-p "accelerator=$accelerator" -p move_deadline_s=900 -- $tests </dev/null 2>&1
		echo $? >"$work/$job.status"
	} | tee "$work/$job.output"
	mkdir -p "$work/$job"
	mv "$work/$job.output" "$work/$job/output.txt"
	mv "$work/$job.status" "$work/$job/status"
	echo $(($(date +%s) - start)) >"$work/$job/seconds"
	# Under another name until it is whole; an outer guest that was lost may have left a part.
	rm -rf "${folder:?}/.$job"
	cp -r --no-preserve=all "$work/$job" "$folder/.$job" && mv "$folder/.$job" "$folder/$job"
	rm -rf "${work:?}/$job"
done <"$folder/plan"
dmesg >"$folder/dmesg.txt"
