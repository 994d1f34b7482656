# What a test can leave behind in a guest, for guest/fit_for_reuse.py to compare. Run by `sh -c`.
mark=/run/pin-booted
cat /proc/sys/vm/stat_refresh
# First, so that the programs below are not among them.
processes=$(ps -o args)
echo "--- process"
echo "$processes" | grep -v '^\[' | sort
echo "--- module"
cut -d' ' -f1 /proc/modules | sort
echo "--- mount"
cat /proc/mounts
echo "--- swap"
cat /proc/swaps
echo "--- pin"
awk '/^nr_foll_pin_acquired / {n += $2} /^nr_foll_pin_released / {n -= $2} END {print n + 0}' /proc/vmstat
echo "--- setting"
grep -sr '' /proc/sys/kernel /proc/sys/vm /sys/kernel/mm /sys/kernel/debug/sched/numa_balancing \
	/sys/kernel/debug/sched/features /sys/devices/system/cpu/online
grep -s '' /sys/devices/system/memory/memory*/state /sys/devices/system/node/*online \
	/sys/devices/system/node/node*/hugepages/*/*hugepages
echo "--- cgroup"
find /sys/fs/cgroup -type d
echo "--- file"
# BusyBox compares whole seconds: what changes in this one is to be newer.
[ -e $mark ] || touch -d "@$(($(date +%s) - 1))" $mark
# Folders in which files come and go, and the file that this is written to, which is older than the
# mark or newer by chance; logins are noted in /var/run.
find / /dev/shm -xdev -newer $mark ! -path /tmp ! -path /root ! -path /dev ! -path /dev/shm \
	! -path /run/pin-state ! -path '/var/run*'
echo "--- copied"
find /tmp -xdev -type f -exec sha256sum {} +
echo "--- free"
grep -h MemFree /sys/devices/system/node/node*/meminfo
echo "--- log"
dmesg
