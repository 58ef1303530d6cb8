#!/usr/bin/env python3
"""The intrusion of testdata/scenarios/attack.sh, recorded while our rules watch it.

Every step raises the rule that it names, and a replay of the recording gives exactly the alerts that
were printed live.  Skips (77) where rec cannot record or the scenario cannot have its namespaces.
"""
import json, os, subprocess, sys, tempfile, time

from recording import BIN, SOURCE, Recording, needs, skip

RULES = os.path.join(SOURCE, "rules")
SCRIPT = os.path.join(SOURCE, "testdata/scenarios/attack.sh")


def text(path):
    return open(path, errors="replace").read() if os.path.exists(path) else ""


def intrude(work):
    """The scenario, recorded: its ledger, the alerts, and whether events were lost."""
    ledger = os.path.join(work, "ledger")
    recording = Recording(work, "-r", RULES, "--json")
    recording.ready()
    # Detached: rules look at ancestors, and a test runner counts as building software.
    subprocess.call(["setsid", "--fork", "bash", SCRIPT, ledger], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 90
    while "done" not in text(ledger) and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    recording.stop()
    if "done" not in text(ledger):
        skip("the scenario did not run here: " + text(ledger)[-200:])
    replayed = subprocess.run([os.path.join(BIN, "replay"), "-q", "-o", "json", "-r", RULES, recording.trace],
                              stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    return text(ledger).splitlines(), text(recording.live).splitlines(), replayed, recording.lost()


def main():
    needs()
    for _ in range(3):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            ledger, live, replayed, lost = intrude(work)
        # What was lost raises nothing, neither live nor later.
        if not lost or live != replayed:
            break
    else:
        skip("this host is too busy: events were lost each time")
    steps = [l.split(" ", 2) for l in ledger if l.startswith("step ")]
    raised = {json.loads(l)["rule"] for l in live if l.startswith("{")}
    quiet = [(n, rule) for _, n, rule in steps if rule not in raised]
    for n, rule in quiet:
        print(f"step {n} raised no alert: {rule}")
    differ = [(a, b) for a, b in zip(live, replayed) if a != b]
    for a, b in differ[:5]:
        print("live   ", a[:400])
        print("replay ", b[:400])
    print(f"FIGURE scenario: {len(steps)} steps, {len(live)} alerts live, {len(replayed)} in replay, "
          f"{len(differ)} differ, {len(quiet)} steps quiet")
    if quiet or differ or len(live) != len(replayed) or len(steps) < 40:
        sys.exit(1)


main()
