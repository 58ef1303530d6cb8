#!/bin/sh
# ./dev bench: every figure that the project claims, measured side by side in one run.
here=$(dirname "$0")
python3 "$here/bench.py" "$@" || exit 1
if [ "$(id -u)" = 0 ]; then
	exec python3 "$here/bench_rec.py" "$1"
fi
echo "rec: not measured: not root"
