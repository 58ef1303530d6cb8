#!/bin/sh
# One golden test: runs DIR/cmd with bash in the source folder, the programs on PATH, and compares
# stdout, stderr and exit status with DIR/stdout, DIR/stderr, DIR/exit (absent: empty, empty, 0).
# UPDATE_GOLDEN=1 rewrites them; review the diff.  "exit 77" in cmd skips.
dir=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
PATH=$SAKER_BIN_DIR:$PATH
export PATH WORK="$work"
cd "$SAKER_SOURCE_DIR" || exit 1
bash "$dir/cmd" >"$work/stdout" 2>"$work/stderr" </dev/null
code=$?
[ $code -eq 77 ] && exit 77
echo $code >"$work/exit"

status=0
for part in stdout stderr exit; do
	if [ "$UPDATE_GOLDEN" = 1 ]; then
		if [ -s "$work/$part" ] && ! { [ $part = exit ] && [ $code -eq 0 ]; }; then
			cp "$work/$part" "$dir/$part"
		else
			rm -f "$dir/$part"
		fi
		continue
	fi
	want=$dir/$part
	if [ ! -e "$want" ]; then
		want=$work/none
		[ $part = exit ] && echo 0 >"$want" || : >"$want"
	fi
	diff -u "$want" "$work/$part" || status=1
done
exit $status
