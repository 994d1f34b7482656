#!/bin/sh
# Run a command in a root, in a mount namespace of its own: enter_root.sh ROOT FOLDER... -- COMMAND
# The host's /proc and /dev are in it (objtool of 7.2 reads /proc), and the folders where they are on
# the host, each with all that is mounted below it: in a user namespace nothing less may be bound
# (mount_namespaces(7), locked mounts).
set -e
root=$1
shift
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
	mkdir -p "$root$1"
	mount --rbind "$1" "$root$1"
	shift
done
shift
# In an ordinary user's PATH it is not.
exec /usr/sbin/chroot "$root" "$@"
