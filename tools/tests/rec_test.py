#!/usr/bin/env python3
"""rec, with a driver that plays a trace (tests/rec_fake): what it records, what it tells, and what
is left when it is stopped, killed, held or out of room.

Environment: SAKER_SOURCE_DIR, SAKER_BIN_DIR.  Exit 0, 1, or 77 when rec_fake is not built.
"""
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ.get("SAKER_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BIN = os.environ.get("SAKER_BIN_DIR") or os.path.join(SOURCE, "build/dev/bin")
REC = os.path.join(os.path.dirname(BIN), "tests/rec_fake")
HOST = os.path.join(SOURCE, "testdata/traces/host1.scap.gz")
CONTAINER = os.path.join(SOURCE, "testdata/traces/container1.scap.gz")
RULES = os.path.join(SOURCE, "rules")
SKIP = 77


def environment(trace=HOST, **settings):
    env = {**os.environ, "FAKE_TRACE": trace}
    env.update({f"FAKE_{name.upper()}": str(value) for name, value in settings.items()})
    return env


def rec(*args, **settings):
    return subprocess.run([REC, *args], capture_output=True, env=environment(**settings), timeout=60)


def start(*args, **settings):
    return subprocess.Popen([REC, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**settings))


def run(program, *args, status=0):
    done = subprocess.run([os.path.join(BIN, program), *args], capture_output=True, timeout=60)
    assert done.returncode == status, f"{program} {args}: {done.returncode} {done.stderr}"
    return done.stdout


def alerts(*traces, form="text"):
    return run("replay", "-q", "-o", form, "-r", RULES, *traces)


def info(trace):
    return json.loads(run("scap", "info", "--json", trace))


def ends_well(done):
    assert done.returncode == 0, done.stderr
    return done


def live_is_replay(work):
    for trace in HOST, CONTAINER:
        for form, option in ("text", []), ("json", ["--json"]):
            out = os.path.join(work, "t.scap")
            live = ends_well(rec("-o", out, "-r", RULES, *option, trace=trace)).stdout
            assert live and live == alerts(out, form=form), form
            assert live == alerts(trace, form=form), f"{form}, the trace played"


def without_a_trace_the_alerts_are_the_same(work):
    live = ends_well(rec("--no-trace", "-r", RULES)).stdout
    assert live == alerts(HOST)


def a_filter_leaves_out_what_changes_no_state(work):
    out = os.path.join(work, "t.scap")
    live = ends_well(rec("-o", out, "-r", RULES, "--filter", "proc.name != find and evt.type != read")).stdout
    assert live == alerts(out)
    assert 0 < info(out)["events"]["shown"] < info(HOST)["events"]["shown"]
    assert b"read" not in run("scap", "cat", "-p", "%evt.type", out).split()


def a_stream_is_a_trace(work):
    stream = ends_well(rec("-q", "-o", "-")).stdout
    out = os.path.join(work, "t.scap")
    with open(out, "wb") as file:
        file.write(stream)
    run("scap", "verify", out)
    assert alerts(out) == alerts(HOST)


def alerts_go_where_they_are_sent(work):
    to_file, to_program, out = (os.path.join(work, name) for name in ("file", "program", "t.scap"))
    done = ends_well(rec("-o", out, "-r", RULES, "--alert-to", f"file:{to_file}", "--alert-to",
                         f"program:cat > {to_program}"))
    assert done.stdout == b""
    for path in to_file, to_program:
        with open(path, "rb") as file:
            assert file.read() == alerts(HOST), path


def lost_events_are_in_the_ledger(work):
    out = os.path.join(work, "t.scap")
    done = ends_well(rec("-o", out, "-r", RULES, lose=1000))
    events = info(HOST)["events"]["shown"]
    lost = sum(loss["count"] for loss in info(out)["losses"])
    assert lost == events // 1000, lost
    assert info(out)["events"]["shown"] == events - lost
    assert f"{lost} lost".encode() in done.stderr
    assert done.stdout == alerts(out)


def a_stop_is_clean(work):
    for sig in signal.SIGTERM, signal.SIGINT:
        out = os.path.join(work, "t.scap")
        child = start("-o", out, rate=20000, repeat=0)
        time.sleep(0.7)
        child.send_signal(sig)
        _, err = child.communicate(timeout=20)
        assert child.returncode == 0, err
        run("scap", "verify", out)
        assert f"{info(out)['events']['shown']:,} events".encode() in err, err


def wrong_command_lines_are_refused(work):
    out = os.path.join(work, "t.scap")
    for args in ([], ["-o", out, "--no-trace"], ["--no-trace"], ["-o", "-", "-r", RULES], ["-o", out, "--keep", "3"],
                 ["-o", out, "--on-match"], ["-o", out, "-d", "soon"], ["-o", out, "--syscalls", "raed"],
                 ["-o", out, "--filter", "proc.nmae = x"], ["-o", out, "-r", RULES, "--alert-to", "pigeon"]):
        done = rec(*args)
        assert done.returncode in (1, 2) and done.stderr.startswith(b"rec: ") and done.stdout == b"", (args, done)


TESTS = [live_is_replay, without_a_trace_the_alerts_are_the_same, a_filter_leaves_out_what_changes_no_state,
         a_stream_is_a_trace, alerts_go_where_they_are_sent, lost_events_are_in_the_ledger, a_stop_is_clean,
         wrong_command_lines_are_refused]


def main():
    if not os.access(REC, os.X_OK):
        print(f"skipped: no {REC}")
        return SKIP
    wanted = sys.argv[1:] or [test.__name__ for test in TESTS]
    failed = 0
    for test in TESTS:
        if test.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as work:
            begin = time.monotonic()
            try:
                test(work)
                print(f"{test.__name__}: passed ({time.monotonic() - begin:.1f} s)")
            except AssertionError as problem:
                failed += 1
                print(f"{test.__name__}: FAILED: {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
