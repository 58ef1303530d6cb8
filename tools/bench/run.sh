#!/bin/sh
# ./dev bench: every figure that the project claims, measured side by side in one run.
exec python3 "$(dirname "$0")/bench.py" "$@"
