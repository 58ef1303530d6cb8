#!/usr/bin/env python3
"""The intrusion of testdata/scenarios/attack.sh, recorded while our rules watch it.

Every step raises the rule that it names, and a replay of the recording gives exactly the alerts that
were printed live.  Skips (77) where rec cannot record or the scenario cannot have its namespaces.
"""
import json, os, signal, subprocess, sys, tempfile, time

SOURCE = os.environ.get("SAKER_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BIN = os.environ.get("SAKER_BIN_DIR") or os.path.join(SOURCE, "build/dev/bin")
RULES = os.path.join(SOURCE, "rules")
SCRIPT = os.path.join(SOURCE, "testdata/scenarios/attack.sh")


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def wait_for(what, seconds):
    for _ in range(int(seconds / 0.05)):
        if what():
            return True
        time.sleep(0.05)
    return False


def text(path):
    return open(path, errors="replace").read() if os.path.exists(path) else ""


def record(work):
    trace, live, log, ledger = (os.path.join(work, n) for n in ("t.skr", "live", "log", "ledger"))
    with open(live, "wb") as out, open(log, "wb") as err:
        rec = subprocess.Popen([os.path.join(BIN, "rec"), "-o", trace, "-r", RULES, "--json"], stdout=out, stderr=err)
    started = wait_for(lambda: rec.poll() is not None or (os.path.exists(trace) and os.path.getsize(trace)), 20)
    if not started or rec.poll() is not None:
        rec.poll() is None and rec.kill()
        skip("rec: " + text(log).strip()[-300:])
    time.sleep(1)
    # Detached: rules look at ancestors, and a test runner counts as building software.
    subprocess.call(["setsid", "--fork", "bash", SCRIPT, ledger], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finished = wait_for(lambda: "done" in text(ledger), 60)
    time.sleep(1)
    rec.send_signal(signal.SIGINT)
    rec.wait(60)
    if not finished:
        skip("the scenario did not run here: " + text(ledger)[-200:])
    return trace, text(live).splitlines(), text(ledger).splitlines(), text(log)


def main():
    if os.geteuid() != 0:
        skip("recording needs root")
    if not os.path.exists(os.path.join(BIN, "rec")):
        skip("rec was not built")
    with tempfile.TemporaryDirectory() as work:
        trace, live, ledger, log = record(work)
        replayed = subprocess.run([os.path.join(BIN, "replay"), "-q", "-o", "json", "-r", RULES, trace],
                                  stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
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
        print(log[-1000:])
        sys.exit(1)


main()
