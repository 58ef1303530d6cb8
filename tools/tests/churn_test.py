#!/usr/bin/env python3
"""rec started in the middle of a storm of changes: when the storm holds still, what the recording made
of its processes is what they are (testdata/scenarios/churn.c, tools/tests/state_check.c).

Skips (77) where rec cannot record.
"""
import os, signal, subprocess, sys, tempfile, time

SOURCE = os.environ.get("SAKER_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BIN = os.environ.get("SAKER_BIN_DIR") or os.path.join(SOURCE, "build/dev/bin")
TESTS = os.path.join(os.path.dirname(BIN), "tests")
ROUNDS = int(os.environ.get("CHURN_ROUNDS", "2"))


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def one_round(work):
    trace, log, place = (os.path.join(work, n) for n in ("t.skr", "log", "place"))
    os.mkdir(place)
    churn = subprocess.Popen([os.path.join(TESTS, "churn"), place], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    try:
        sid = churn.stdout.readline().decode().strip()
        with open(log, "wb") as out:
            rec = subprocess.Popen([os.path.join(BIN, "rec"), "-o", trace], stdout=out, stderr=out)
        while rec.poll() is None and not (os.path.exists(trace) and os.path.getsize(trace)):
            time.sleep(0.02)
        if rec.poll() is not None:
            skip("rec: " + open(log, errors="replace").read().strip()[-300:])
        time.sleep(2)
        churn.stdin.close()
        churn.stdout.readline()
        time.sleep(0.5)
        rec.send_signal(signal.SIGINT)
        rec.wait(60)
        check = subprocess.run([os.path.join(TESTS, "state_check"), trace, sid], stdout=subprocess.PIPE)
    finally:
        churn.terminate()
        churn.wait()
    return check.returncode, check.stdout.decode(errors="replace"), open(log, errors="replace").read()


def main():
    if os.geteuid() != 0:
        skip("recording needs root")
    if not os.path.exists(os.path.join(BIN, "rec")):
        skip("rec was not built")
    for _ in range(ROUNDS):
        for _ in range(3):
            with tempfile.TemporaryDirectory() as work:
                status, text, log = one_round(work)
            if ", 0 lost," in log:
                break
        else:
            skip("this host is too busy: events were lost each time")
        print("FIGURE churn:", text.strip().splitlines()[-1])
        if status:
            print("\n".join(text.splitlines()[:25]))
            print(log[-600:])
            sys.exit(1)


main()
