#!/bin/bash
# kmod_guest.sh -k KERNEL COMMAND FILE...: as guest.sh, with saker.ko for that kernel in the guest and
# loaded.  Afterwards the module must go, and the kernel must not have complained.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
glob=
while getopts k: option; do
	case $option in k) glob=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
command=$1
shift

release=$("$here/guest.sh" -k "$glob" -n) || { status=$?; echo "$release"; exit $status; }
module=$("$here/../kmod_build.sh" "$release" 2>&1) || { status=$?; echo "$module"; exit $status; }
exec "$here/guest.sh" -k "$release" "insmod saker.ko && { $command; }
status=\$?
rmmod saker || status=1
if dmesg | grep -E 'BUG:|WARNING:|UBSAN:|Oops|general protection|RCU stall|scheduling while'; then
	dmesg | tail -n 60
	status=1
fi
exit \$status" "${module##*$'\n'}" "$@"
