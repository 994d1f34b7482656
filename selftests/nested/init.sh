#!/bin/sh
# PID 1 of the outer guest: KVM, the network of one host, the folder that is shared with who started
# it, then what is found there; ends with the machine.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb

end() {
	sync
	umount /shared
	mount -o remount,ro /
	echo o >/proc/sysrq-trigger
	# PID 1 must not end before the machine does.
	while :; do sleep 60; done
}
trap end EXIT

mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mountpoint -q /run || mount -t tmpfs run /run
mkdir -p /dev/pts /dev/shm /shared
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t tmpfs shm /dev/shm
echo nested >/proc/sys/kernel/hostname
ip link set lo up

modprobe -a 9pnet_virtio 9p
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 shared /shared
modprobe kvm_amd nested=0
chmod 0666 /dev/kvm
read -r up _ </proc/uptime
echo "outer guest: up $up s"
echo "$up" >/shared/up

sh /shared/run.sh /shared auto
