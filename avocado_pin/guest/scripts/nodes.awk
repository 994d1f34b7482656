# A line for each node: its number, CPUs, memory, the managed pages of its ZONE_MOVABLE, and its
# distances. Run by `awk` on meminfo, cpulist and distance of all nodes, and /proc/zoneinfo last.
FILENAME ~ "/node/node" {
	split(FILENAME, path, "/node/node")
	node = path[2] + 0
	if (node > last)
		last = node
}
/MemTotal/ { kib[node] = $4 }
FILENAME ~ "cpulist$" { cpus[node] = $0 }
FILENAME ~ "distance$" { distances[node] = $0 }
FILENAME ~ "zoneinfo$" && /^Node/ {
	node = $2 + 0
	in_movable = $4 == "Movable"
}
in_movable && /managed/ { movable[node] = $2 }
END {
	for (node = 0; node <= last; node++)
		if (node in kib)
			print "node " node " cpus " cpus[node] " kib " kib[node] \
				" movable " movable[node] + 0 " distances " distances[node]
}
