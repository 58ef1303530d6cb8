#!/bin/bash
# guest.sh [-k KERNEL] COMMAND FILE...: run COMMAND as root under another kernel, in an emulator without
# KVM; the FILEs (static programs) lie in /t, its working directory.  Status: COMMAND's, or 77 where
# something for it is missing.  guest.sh [-k KERNEL] -n: print which kernel that is.
#   KERNEL  a glob over Debian's kernel releases; the newest match is downloaded and unpacked, never
#           installed, into $GUEST_CACHE (default: ~/.cache/saker-guest).  One that ends in -arm64 runs
#           on a machine of that kind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

release='6.1.0-*-cloud-amd64'
name_only=
while getopts k:n option; do
	case $option in k) release=$OPTARG ;; n) name_only=1 ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))

skip() {
	echo "skipped: $*"
	exit 77
}

arch=amd64 qemu=(qemu-system-x86_64 -M pc -cpu max) console='ttyS0 no_timer_check'
case $release in
*-arm64)
	arch=arm64 console=ttyAMA0
	qemu=(qemu-system-aarch64 -M virt -cpu "max,pauth-impdef=on") # its own pauth takes half the time
	;;
esac
for tool in "${qemu[0]}" busybox cpio dpkg apt-get; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
cache=${GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/saker-guest}
mkdir -p "$cache"

# unpack PACKAGE: below the cache
unpack() {
	(cd "$cache" && apt-get download -qq "$1" && dpkg -x "${1%:*}"_*"$arch".deb . &&
		rm -f "${1%:*}"_*"$arch".deb) >/dev/null 2>&1 || skip "cannot download $1"
}

# The newest unpacked kernel that fits, else a download.
kernel() {
	find "$cache" -path "*/boot/vmlinuz-$release" | sort -V | tail -n 1
}
busybox=$(command -v busybox)
[ $arch = "$(dpkg --print-architecture)" ] || busybox=$cache/$arch/bin/busybox
if [[ ! -f $busybox || -z $(kernel) ]] && [ $arch != "$(dpkg --print-architecture)" ]; then
	APT_CONFIG=$("$here/../foreign_packages.sh" $arch)
	export APT_CONFIG
fi
[ -f "$busybox" ] || (cache=$cache/$arch && mkdir -p "$cache" && unpack busybox-static:$arch) ||
	exit 77
if [ -z "$(kernel)" ]; then
	package=$(apt-cache search --names-only "^linux-image-[0-9].*-$arch\$" | awk '{ print $1 }' |
		while read -r name; do
			# shellcheck disable=SC2053  # a glob
			[[ ${name#linux-image-} == $release ]] && echo "$name"
		done | sort -V | tail -n 1) || true
	[ -n "$package" ] || skip "no kernel package for $release"
	unpack "$package"
fi

if [ -n "$name_only" ]; then
	image=$(kernel)
	echo "${image##*/vmlinuz-}"
	exit 0
fi

command=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/root/{bin,proc,sys,dev,tmp,t,etc}
cp "$busybox" "$work/root/bin/busybox"
cp "$@" "$work/root/t/"
printf '%s\n' "$command" >"$work/root/t/.command"
cat >"$work/root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tmpfs tmp /tmp
ifconfig lo up
cd /t
export PATH=/t:/bin
echo "@begin"
sh .command
echo "@end $?"
poweroff -f
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"
# A busy host starves the emulated timer: the kernel must not test it.
# One host thread for both CPUs: with one each, QEMU (7.2 to at least 8.1) may run a breakpoint of the
# kernel's self-patching after it is gone, which is an oops or a hang when tracepoints are attached
# under load.  GUEST_THREADS=multi is for what wants the CPUs to race and attaches while they rest.
# GUEST_QEMU: more options for it; with -icount shift=0 time is instructions, whoever else uses the host.
boot() {
	# shellcheck disable=SC2086  # words
	timeout "${GUEST_TIMEOUT:-300}" "${qemu[@]}" -accel "tcg,thread=${GUEST_THREADS:-single}" -m 1024 -smp 2 ${GUEST_QEMU:-} \
		-nodefaults -display none -no-reboot -serial "file:$work/serial" -kernel "$(kernel)" \
		-initrd "$work/initrd" \
		-append "console=$console quiet panic=-1 oops=panic rdinit=/init" || true
	tr -d '\r' <"$work/serial" >"$work/log"
}
# On a very busy host a kernel may give up before it has come as far as the first program.
for _ in 1 2 3; do
	boot
	grep -q '^@begin$' "$work/log" && break
done
awk '/^@end /{ on = 0 } on; /^@begin$/{ on = 1 }' "$work/log"
status=$(sed -n 's/^@end //p' "$work/log")
if [ -z "$status" ]; then
	echo "the guest did not finish; its last lines:"
	tail -n 15 "$work/log"
	exit 1
fi
exit "$status"
