#!/usr/bin/env python3
"""rec started in the middle of a storm of changes: when the storm holds still, what the recording made
of its processes is what they are (testdata/scenarios/churn.c, tools/tests/state_check.c).

Skips (77) where rec cannot record.
"""
import os, subprocess, sys, tempfile, time

from programs import TESTS, skip
from recording import Recording, needs

CHURN, CHECK = os.path.join(TESTS, "churn"), os.path.join(TESTS, "state_check")
ROUNDS = int(os.environ.get("CHURN_ROUNDS", "2"))


def one_round(work):
    place = os.path.join(work, "place")
    os.mkdir(place)
    churn = subprocess.Popen([CHURN, place], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    try:
        sid = churn.stdout.readline().decode().strip()
        time.sleep(0.5)
        recording = Recording(work)
        recording.ready()
        time.sleep(1)
        churn.stdin.close()
        churn.stdout.readline()
        time.sleep(0.5)
        recording.stop()
        check = subprocess.run([CHECK, recording.trace, sid], stdout=subprocess.PIPE)
    finally:
        churn.terminate()
        churn.wait()
    return check.returncode, check.stdout.decode(errors="replace"), recording


def main():
    needs(CHURN, CHECK)
    for _ in range(ROUNDS):
        for _ in range(3):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
                status, text, recording = one_round(work)
                lost, said = recording.lost(), recording.said()
            if not lost:
                break
        else:
            skip("this host is too busy: events were lost each time")
        print("FIGURE churn:", text.strip().splitlines()[-1])
        if status:
            print("\n".join(text.splitlines()[:25]))
            print(said[-600:])
            sys.exit(1)


main()
