#!/bin/bash
# kmod_compile.sh [SERIES...]: compile saker.ko for other kernels with the headers that the machine's
# Debian archive has (5.10, 6.12), and with UBUNTU_ARCHIVE=URI also Ubuntu's (4.15 to 6.14); nothing is
# installed.  Prints a line per kernel and "N passed, N failed"; status 1 if one does not compile, 77
# where none of the headers can be had.
#   SERIES  a kernel's first two numbers, as 5.4; without it some of them, with SAKER_LONG=1 all
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/saker-guest}
state=$cache/archives

choice='4.15 5.0 5.4 5.10 5.15 6.5'
[ -z "${SAKER_LONG:-}" ] || choice='4.15 4.18 5.0 5.3 5.4 5.8 5.10 5.11 5.13 5.15 5.19 6.2 6.5 6.8 6.11 6.14'
[ $# -eq 0 ] || choice=$*

skip() {
	echo "skipped: $*"
	exit 77
}

command -v apt-get >/dev/null || skip "no apt-get"
command -v make >/dev/null || skip "no make"

# Archives of other releases, beside those of the host and without its knowing.
. "$here/../private_apt.sh"
private_apt "$state"
export APT_CONFIG=$state/apt.conf
keys=$state/keys/usr/share/keyrings/ubuntu-archive-keyring.gpg
# The machine's own Debian archive has other releases too.
archive=$(unset APT_CONFIG && apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
	awk '$2 !~ /-/ { print $1; exit }')
[ -n "$archive" ] || skip "no Debian archive"
for suite in bullseye trixie; do
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64] $archive $suite main"
done >"$state/parts/debian.list"
# Ubuntu's keys come from Debian; bookworm lacks the package.
rm -f "$state/parts/ubuntu.list"
if [ -n "${UBUNTU_ARCHIVE:-}" ]; then
	if [ ! -f "$keys" ]; then
		apt-get update -qq >/dev/null 2>&1 || true
		(cd "$state" && apt-get download -qq ubuntu-keyring && dpkg -x ubuntu-keyring_*.deb keys &&
			rm -f ubuntu-keyring_*.deb) >/dev/null 2>&1 || skip "no keys of Ubuntu's archive"
	fi
	for suite in bionic focal jammy noble; do
		for pocket in "" -updates; do
			echo "deb [signed-by=$keys arch=amd64] $UBUNTU_ARCHIVE $suite$pocket main"
		done
	done >"$state/parts/ubuntu.list"
fi
apt-get update -qq >/dev/null 2>&1 || true

# The newest kernel of a series that has headers.
newest() {
	apt-cache search --names-only "^linux-headers-${1//./\\.}\.0-[0-9]+-(generic|cloud-amd64)$" |
		awk '{ sub("linux-headers-", "", $1); print $1 }' | sort -V | tail -n 1
}

passed=0 failed=0
for series in $choice; do
	release=$(newest "$series")
	if [ -z "$release" ]; then
		echo "     $series: no headers"
		continue
	fi
	status=0
	log=$("$here/../kmod_build.sh" "$release" 2>&1) || status=$?
	case $status in
	0)
		echo "ok   $release"
		passed=$((passed + 1))
		;;
	77) echo "     $release: ${log##*skipped: }" ;;
	*)
		if grep -q 'GLIBC_.* not found' <<<"$log"; then
			echo "     $release: the tools that come with its headers do not run here"
			continue
		fi
		echo "FAIL $release"
		grep -E 'error|warning' <<<"$log" | head -n 20 || tail -n 20 <<<"$log"
		failed=$((failed + 1))
		;;
	esac
done
echo "FIGURE kmod compiles for $passed of $((passed + failed)) kernels tried"
echo "$passed passed, $failed failed"
[ $((passed + failed)) -gt 0 ] || skip "no headers of other kernels can be had"
[ $failed -eq 0 ]
