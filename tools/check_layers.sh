#!/bin/sh
# Includes point down only.  Fails with the offending line when a file includes a room above its own.
cd "$(dirname "$0")/.." || exit 1
status=0

# room, then the rooms that its files may include; ROOM/cli and ROOM/rec are programs, not part of
# the library
allow() {
	room=$1
	shift
	[ -d "$room" ] || return 0
	pattern=$(printf '%s|' "$@")
	bad=$(find "$room" -name '*.[ch]' -not -path '*/tests/*' -not -path '*/fuzz/*' \
		-not -path "$room/cli/*" -not -path "$room/bench/*" -not -path "$room/rec/*" -exec \
		grep -nE '^#include "' {} + | grep -vE "#include \"(${pattern%|})/")
	if [ -n "$bad" ]; then
		echo "$room may include $* only:"
		echo "$bad"
		status=1
	fi
}

# library header, then the only files that may include it
only() {
	header=$1
	shift
	bad=$(grep -rsnE "^#include <$header" --include='*.[ch]' format engine replay tools capture |
		grep -vE "^($(printf '%s|' "$@" | sed 's/|$//')):")
	if [ -n "$bad" ]; then
		echo "<$header> belongs in $* only:"
		echo "$bad"
		status=1
	fi
}

allow format/base format/base
allow format/schema format/base format/schema
allow format format
allow engine format engine
allow replay format engine replay
allow replay/cli format engine replay tools/common
allow tools format engine replay tools
allow tools/bench format engine replay capture tools
allow drivers drivers format/schema
allow capture format drivers capture
allow capture/rec format engine replay capture tools/common
only 'sqlite3\.h' 'replay/store[a-z_]*\.[ch]' 'replay/tests/[a-z_]*\.[ch]' 'tools/matches/[a-z_]*\.[ch]'
only 'seccomp\.h' 'tools/common/confine\.c'
only 'zstd\.h' 'format/trace/column\.c'
only 'cjson/' 'format/trace/manifest\.c' 'engine/state/container_json\.c' 'tools/scap/redact_json\.c' 'capture/containers/[a-z_]*\.[ch]'
only 'openssl/' 'format/trace/hash\.c' 'format/trace/signature\.c' 'replay/[a-z_0-9]*\.c'
only 'isa-l/.*' 'format/scap/inflate_isal\.c'
only 'zlib\.h' 'format/scap/[a-z_]*\.c' 'format/tests/[a-z_]*\.c'
only 'sys/capability\.h' 'capture/rec/privileges\.c'
only 'curl/' 'capture/rec/outlet_http\.c'
only 'bpf/' 'capture/driver_bpf\.c'
exit $status
