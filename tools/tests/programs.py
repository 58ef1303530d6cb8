"""Where the tests find the sources and the programs, and how a file of tests runs.

Environment: SAKER_SOURCE_DIR and SAKER_BIN_DIR; without them, the checkout around this file and its build/dev.
A test that cannot run here exits with status 77 and says why.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback

SOURCE = os.environ.get("SAKER_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BIN = os.environ.get("SAKER_BIN_DIR") or os.path.join(SOURCE, "build/dev/bin")
TESTS = os.path.join(os.path.dirname(BIN), "tests")
PATIENCE_S = 120


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def program(name):
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        skip(f"{name} is not built")
    return path


def run(name, *args, status=0):
    """Standard output of one of our programs, which must end with this status."""
    done = subprocess.run([os.path.join(BIN, name), *args], capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == status, f"{name} {args}: {done.returncode} {done.stderr}"
    return done.stdout


def info(trace, status=0):
    """What `scap info` tells of a trace."""
    return json.loads(run("scap", "info", "--json", trace, status=status))


def run_tests(tests):
    """Call each (or those named on the command line) with a folder of its own; 1 when an assertion fails."""
    wanted = sys.argv[1:] or [test.__name__ for test in tests]
    failed = 0
    for test in tests:
        if test.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as work:
            begin = time.monotonic()
            try:
                test(work)
                print(f"{test.__name__}: passed ({time.monotonic() - begin:.1f} s)", flush=True)
            except AssertionError as problem:
                failed += 1
                line = traceback.extract_tb(problem.__traceback__)[1].lineno
                print(f"{test.__name__}: FAILED in line {line}: {problem}", flush=True)
    return 1 if failed else 0
