# Brings memory that the kernel took for persistent (memmap=, nd_e820) online as a node of a lower
# tier, as a driver of CXL or persistent memory does. Run by `sh -c`; usage: tier.sh NODE
# Documentation/driver-api/nvdimm/nvdimm.rst; drivers/dax/kmem.c
set -e
node=$1
nd=/sys/bus/nd/devices
online=/sys/devices/system/memory/auto_online_blocks
modprobe -a nd_e820 dax_pmem kmem
if [ "$(cat $nd/region0/target_node)" != "$node" ]; then
	echo "the persistent memory is on node $(cat $nd/region0/target_node), not $node"
	exit 1
fi
seed=$(cat $nd/region0/dax_seed)
echo 2097152 >$nd/$seed/align
cat /proc/sys/kernel/random/uuid >$nd/$seed/uuid
echo ram >$nd/$seed/mode
echo namespace0.0 >$nd/$seed/namespace
before=$(cat $online)
echo online_movable >$online
echo "$seed" >/sys/bus/nd/drivers/dax_pmem/bind
echo dax0.0 >/sys/bus/dax/drivers/kmem/new_id
[ -e /sys/bus/dax/devices/dax0.0/driver ] || echo dax0.0 >/sys/bus/dax/drivers/kmem/bind
echo "$before" >$online
