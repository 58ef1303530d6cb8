#!/bin/bash
# kmod_build.sh [KERNEL]: build saker.ko for a kernel and print where it is; nothing is installed.
#   KERNEL  a folder of kernel headers (or a built kernel tree), or a release as uname -r gives it: its
#           /lib/modules/KERNEL/build where that is, else Debian's packages, unpacked into $GUEST_CACHE
#           (default: ~/.cache/saker-guest); without it: the running kernel
# ARCH, CROSS_COMPILE and CC go to the kernel's make; for a release that ends in -arm64, on another
# machine, they are set.  Status 77 where there are no headers.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
kernel=${1:-$(uname -r)}
cache=${GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/saker-guest}

skip() {
	echo "skipped: $*" >&2
	exit 77
}

if [[ $kernel == *-arm64 && $(uname -m) != aarch64 && -z ${ARCH:-} ]]; then
	export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
	command -v ${CROSS_COMPILE}gcc >/dev/null || skip "no ${CROSS_COMPILE}gcc"
fi

# The headers consist of several packages that find each other by absolute paths and links.
debian_headers() {
	local release=$1 root=$cache/headers-$1 packages dir link target
	dir=$root/usr/src/linux-headers-$release
	if [ ! -f "$root/complete" ]; then
		if [ -n "${ARCH:-}" ]; then
			APT_CONFIG=$("$top/tools/foreign_packages.sh" "$ARCH")
			export APT_CONFIG
		fi
		# Those of the kernel's architecture, and tools that run on this machine's.
		packages=$(apt-cache depends "linux-headers-$release" 2>/dev/null |
			sed -E 's/[<>]//g; s/:[a-z0-9]+$//' |
			awk '/Depends: linux-(.*headers|kbuild)-/ { print $2 }')
		[ -n "$packages" ] || skip "no headers of the kernel $release"
		mkdir -p "$root"
		for package in "linux-headers-$release" $packages; do
			(cd "$root" && apt-get download -qq "$package" && dpkg -x "$package"_*.deb . &&
				rm -f "$package"_*.deb) >/dev/null 2>&1 || skip "cannot download $package"
		done
		sed -i "s#\([ =]\)/usr/src/#\1$root/usr/src/#" "$dir/Makefile"
		for link in "$root"/usr/src/*/scripts "$root"/usr/src/*/tools; do
			target=$(readlink "$link" || true)
			case $target in /*) ln -sfn "$root$target" "$link" ;; esac
		done
		touch "$root/complete"
	fi
	echo "$dir"
}

if [ -d "$kernel" ]; then
	headers=$(cd "$kernel" && pwd)
elif [ -d "/lib/modules/$kernel/build" ]; then
	headers=/lib/modules/$kernel/build
else
	headers=$(debian_headers "$kernel")
fi
release=$(cat "$headers/include/config/kernel.release" 2>/dev/null) ||
	skip "$headers is no built kernel tree"
out=$top/build/kmod/$release${ARCH:+-$ARCH}
mkdir -p "$out/format"
exec 9>"$out/lock" # who wants the same at the same time waits, and finds it done
flock 9
# The kernel's make builds beside the sources: give it copies.
cp -ru "$top/drivers" "$out/"
cp -ru "$top/format/schema" "$out/format/"
# Headers name the compiler that built their kernel; where it is missing, ours has to do.
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\{0,1\}\([^ "]*\).*/\1/p' "$headers/include/config/auto.conf")
if [ -z "${CC:-}" ] && [ -n "$compiler" ] && ! command -v "$compiler" >/dev/null; then
	CC=${CROSS_COMPILE:-}gcc
fi
make -s -C "$headers" M="$out/drivers/kmod" ${CC:+CC="$CC"} modules >&2
"${CROSS_COMPILE:-}strip" -g -o "$out/saker.ko" "$out/drivers/kmod/saker.ko"
echo "$out/saker.ko"
