#!/usr/bin/env python3
"""The storm (testdata/scenarios/storm.c) recorded by rec: the recording must tell what its ledger tells.

Skips (77) where there is no rec, no permission to record, or no compiler's output to run.
STORM_SHORT sets the number of short processes (2000; the full storm is 100000).
"""
import collections, os, re, signal, subprocess, sys, tempfile, time

BIN = os.environ.get("SAKER_BIN_DIR", "build/dev/bin")
TESTS = os.path.join(os.path.dirname(BIN), "tests")
SHORT = os.environ.get("STORM_SHORT", "2000")
ARGS_BYTES = 4096  # what an exec event keeps of a command line


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def record(trace, command, log):
    """Run command under rec; its exit status."""
    rec = subprocess.Popen([os.path.join(BIN, "rec"), "-o", trace], stderr=log, stdout=log)
    for _ in range(200):
        time.sleep(0.05)
        if rec.poll() is not None:
            return None
        if os.path.exists(trace) and os.path.getsize(trace) > 0:
            break
    time.sleep(1)
    status = subprocess.call(command)
    time.sleep(0.5)
    rec.send_signal(signal.SIGINT)
    try:
        rec.wait(60)
    except subprocess.TimeoutExpired:
        rec.kill()
        sys.exit("rec does not stop")
    return status


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
    if os.geteuid() != 0:
        skip("recording needs root")
    for program in (os.path.join(BIN, "rec"), os.path.join(TESTS, "storm"), os.path.join(TESTS, "storm_check")):
        if not os.path.exists(program):
            skip(program + " was not built")
    with tempfile.TemporaryDirectory() as d:
        trace, ledger, log = (os.path.join(d, n) for n in ("t.skr", "ledger", "log"))
        os.mkdir(os.path.join(d, "place"))
        with open(log, "wb") as out:
            status = record(trace, [os.path.join(TESTS, "storm"), ledger, os.path.join(d, "place"), SHORT], out)
        if status is None:
            skip("rec: " + open(log, errors="replace").read().strip()[-300:])
        if status != 0:
            sys.exit("the storm itself failed")
        first = open(ledger).readline().split()[1]
        told = subprocess.run([os.path.join(TESTS, "storm_check"), trace, first], stdout=subprocess.PIPE)
        if told.returncode != 0:
            sys.exit("the recording does not read")
        compare(first, open(ledger).read(), told.stdout.decode(), open(log, errors="replace").read())


def compare(first, ledger_text, told_text, log):
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
        print(log[-2000:])
        sys.exit(1)


main()
