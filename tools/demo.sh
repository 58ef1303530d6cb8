#!/bin/sh
# Replay a shipped recording of a host under attack with the project's own rules, then ask the store.
set -eu
bin=$1
db=$(mktemp -d)/matches.db
trap 'rm -rf "$(dirname "$db")"' EXIT
trace=testdata/traces/host1.scap.gz

say() {
	printf '\n\033[1m$ %s\033[0m\n' "$*"
}

say "scap info $trace"
"$bin/scap" info "$trace"
say "replay -r rules --db matches.db $trace"
"$bin/replay" -r rules --db "$db" "$trace" >"$db.alerts"
say "cut -c 1-160 alerts | head -n 12"
cut -c 1-160 "$db.alerts" | head -n 12
echo "... $(wc -l <"$db.alerts") alerts in all"
say "matches --db matches.db stats"
"$bin/matches" --db "$db" stats
say "matches --db matches.db list --priority warning --limit 8"
"$bin/matches" --db "$db" list --priority warning --limit 8
say "matches --db matches.db show 74   # a socket became the shell's standard input"
"$bin/matches" --db "$db" show 74 | cut -c 1-160
