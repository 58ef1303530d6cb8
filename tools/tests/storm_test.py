#!/usr/bin/env python3
"""The storm (testdata/scenarios/storm.c) recorded by rec: the recording must tell what its ledger tells.

Skips (77) where rec cannot record, or loses events each time.
STORM_SHORT sets the number of short processes (2000; the full storm is 100000).
"""
import collections, os, re, subprocess, sys, tempfile, time

from programs import TESTS, skip
from recording import Recording, needs

STORM, CHECK = os.path.join(TESTS, "storm"), os.path.join(TESTS, "storm_check")
SHORT = os.environ.get("STORM_SHORT", "2000")
ARGS_BYTES = 4096  # what an exec event keeps of a command line


def plain(path):
    """One spelling for the ways in which a kernel names a file that is gone."""
    path = re.sub(r"%20\(deleted\)$", "", path)
    return re.sub(r"^/?memfd:", "memfd:", path)


def cut(args):
    """The arguments as far as an exec event keeps them."""
    left, kept = ARGS_BYTES, []
    for arg in args:
        n = len(re.sub(r"%..", "x", arg))
        kept.append(arg if n < left else arg[: max(left - 1, 0)])
        left -= n + 1
        if left <= 0:
            break
    return kept


def fact(line):
    word, *fields = line.split(" ")
    if word == "exec":
        return (word, fields[0], plain(fields[1]), *cut(fields[2:]))
    if word in ("open", "read"):
        return (word, *fields[:2], plain(fields[2]))
    return (word, *fields)


def facts(text):
    return collections.Counter(fact(l) for l in text.splitlines() if l)


def show(title, missing):
    if missing:
        print(f"{title}: {len(missing)}")
        for m in list(missing)[:10]:
            print("   ", " ".join(m)[:300])


def main():
    needs(STORM, CHECK)
    for _ in range(3):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            ledger, told, lost = weather(work)
        if not lost:
            return compare(ledger, told)
    skip("this host is too busy: events were lost each time")


def weather(work):
    """One storm and its recording: the ledger, and what the recording tells."""
    ledger, place = os.path.join(work, "ledger"), os.path.join(work, "place")
    os.mkdir(place)
    recording = Recording(work)
    recording.ready()
    status = subprocess.call([STORM, ledger, place, SHORT])
    time.sleep(0.5)
    recording.stop()
    if status != 0:
        sys.exit("the storm itself failed")
    ledger = open(ledger).read()
    told = subprocess.run([CHECK, recording.trace, ledger.split(None, 2)[1]], stdout=subprocess.PIPE)
    if told.returncode != 0:
        sys.exit("the recording does not read")
    return ledger, told.stdout.decode(), recording.lost()


def compare(ledger_text, told_text):
    first = ledger_text.split(None, 2)[1]
    ledger, told = facts(ledger_text), facts(told_text)
    # The kernel opens what a message carries behind the program's back: no event names its path.
    for f in [f for f in ledger if f[0] == "passed"]:
        del ledger[f]
    missing = [f for f in ledger if f not in told]
    # Programs open files of their own; who there is must be the same both ways.
    invented = [f for f in told if f[0] in ("fork", "thread", "exec", "exit") and f not in ledger and f[2:] != (first,)]
    show("in the ledger, not in the recording", missing)
    show("in the recording, not in the ledger", invented)
    counts = collections.Counter(f[0] for f in ledger.elements())
    print("FIGURE storm: " + ", ".join(f"{n} {w}" for w, n in sorted(counts.items())) +
          f"; {len(missing)} missing, {len(invented)} invented")
    if missing or invented:
        sys.exit(1)


main()
