#!/bin/sh
# Makes a folder the whole system of a command: enter.sh ROOT -- COMMAND...
# Run in mount and PID namespaces of its own. By pivot_root and not by chroot, in which nobody may
# make a user namespace.
set -e
root=$1
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/.outside"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
cd "$root"
pivot_root . .outside
umount -l /.outside
exec "$@"
