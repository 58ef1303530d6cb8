#!/bin/bash
# foreign_packages.sh ARCH: print an apt configuration, for $APT_CONFIG, that finds packages of ARCH
# (a Debian architecture) beside the machine's own in the archives that the machine uses.  For
# downloads: apt and dpkg of the machine do not know of it.  Lies in $GUEST_CACHE (default:
# ~/.cache/saker-guest).
set -euo pipefail
arch=$1
cache=${GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/saker-guest}
state=$cache/packages-$arch

. "$(dirname "$0")/private_apt.sh"
private_apt "$state"
cat >>"$state/apt.conf" <<CONF
APT::Architectures { "$(dpkg --print-architecture)"; "$arch"; };
Dir::State::status "/dev/null";
CONF
exec 9>"$state/lock" # one at a time fills the lists
flock 9
# shellcheck disable=SC2016  # apt's variables
apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sort -u |
	sed 's#.*#deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & main#' \
		>"$state/parts/debian.list"
APT_CONFIG=$state/apt.conf apt-get update -qq >/dev/null 2>&1 9>&- || true
echo "$state/apt.conf"
