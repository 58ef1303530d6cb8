#!/bin/bash
# kmod_arm64.sh [KERNEL]: the module on another processor: cross-compile it and its tests for arm64 and
# run them there, in an emulator.  Status 77 where something for it is missing.
#   KERNEL  a glob over Debian's kernel releases for arm64 (default: the cloud's 6.12)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
kernel=${1:-6.12.*+deb12-cloud-arm64}
out=build/kmod/tests-arm64

skip() {
	echo "skipped: $*"
	exit 77
}

cc=aarch64-linux-gnu-gcc
[ "$(uname -m)" != aarch64 ] || cc=gcc
command -v $cc >/dev/null || skip "no $cc"
echo 'int main(void) { return 0; }' | $cc -static -x c -o /dev/null - 2>/dev/null ||
	skip "no static C library for $cc"

mkdir -p "$out"
# The user side of the driver, and of the rest what that needs: no library but C's.
user=(capture/driver.c capture/driver_{bpf_absent,calls,handle,kmod,ring}.c format/{schema,base}/*.c)
for program in "driver_test drivers/tests" "kmod_torture drivers/tests/kmod"; do
	read -r name folder <<<"$program"
	$cc -std=gnu17 -O1 -Wall -Wextra -Werror -Wno-maybe-uninitialized -D_GNU_SOURCE= -I. -static \
		-ffunction-sections -fdata-sections -Wl,--gc-sections -o "$out/$name" "$folder"/*.c "${user[@]}" -lpthread
done
exec "$here/kmod_guest.sh" -k "$kernel" \
	"driver_test kmod && kmod_torture saker.ko device pointers loss hostile" \
	"$out/driver_test" "$out/kmod_torture"
