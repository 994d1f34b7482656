#!/bin/sh
# Makes a folder the whole system of a command: enter.sh ROOT WAY COMMAND...
# Run in mount and PID namespaces of its own. WAY is pivot_root or chroot, in which nobody may make
# a user namespace.
set -e
root=$1
way=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/.outside"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
cd "$root"
[ "$way" = pivot_root ] || exec chroot . "$@"
pivot_root . .outside
umount -l /.outside
exec "$@"
