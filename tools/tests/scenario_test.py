#!/usr/bin/env python3
"""The intrusion of testdata/scenarios/attack.sh, recorded while our rules watch it.

Every step raises the rule that it names, a replay of the recording gives exactly the alerts that were
printed live, and where all steps can be made they are those of attack.alerts.  With Falco's rule files
(in the corpus) they are those of attack.falco.alerts, which Falco found in a recording by its own eBPF
probe.  Skips (77) where rec cannot record or the scenario cannot have its namespaces.

UPDATE_GOLDEN=1 writes attack.alerts anew; the other list is not ours to write.
"""
import collections, json, os, re, subprocess, sys, tempfile, time

from programs import BIN, SOURCE, skip
from recording import Recording, needs

RULES = os.path.join(SOURCE, "rules")
SCENARIOS = os.path.join(SOURCE, "testdata/scenarios")
SCRIPT = os.path.join(SCENARIOS, "attack.sh")
FALCO = os.path.join(os.environ.get("SAKER_CORPUS") or os.path.join(SOURCE, "../shared/corpus"), "rules")
# Tools in their plain places: a shim in front of one of them is a program too.
PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}
ALL_STEPS = 65


def text(path):
    return open(path, errors="replace").read() if os.path.exists(path) else ""


def intrude(work):
    """The scenario, recorded: its ledger, the alerts, and whether events were lost."""
    ledger = os.path.join(work, "ledger")
    recording = Recording(work, "-r", RULES, "--json")
    recording.ready()
    # Detached: rules look at ancestors, and a test runner counts as building software.
    subprocess.call(["setsid", "--fork", "bash", SCRIPT, ledger], env=PLAIN,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 90
    while "done" not in text(ledger) and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    recording.stop()
    if "done" not in text(ledger):
        skip("the scenario did not run here: " + text(ledger)[-200:])
    found = {"attack.alerts": alerts_of(recording.trace, ledger, RULES)}
    if os.path.isdir(FALCO):
        files = [os.path.join(FALCO, f"falco{kind}_rules.yaml") for kind in ("", "-incubating", "-sandbox")]
        found["attack.falco.alerts"] = alerts_of(recording.trace, ledger, *files)
    return (text(ledger).splitlines(), text(recording.live).splitlines(), replay(recording.trace, RULES),
            found, recording.lost())


def replay(trace, *args):
    """The lines of a replay with these rules and options."""
    args = [a for arg in args for a in (("-r", arg) if arg.startswith("/") else (arg,))]
    return subprocess.run([os.path.join(BIN, "replay"), "-q", "-o", "json", *args, trace],
                          stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()


def alerts_of(trace, ledger, *rules):
    """What the scenario's own session raised, without what differs from run to run."""
    where = f'proc.name = bash and proc.cmdline contains "{ledger}"'
    session = subprocess.run([os.path.join(BIN, "scap"), "cat", "-a", "-n", "1", "-f", where, "-p", "*%proc.sid", trace],
                             stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    fields = ("proc.sid", "evt.type", "proc.name", "fd.name")
    lines = []
    for line in replay(trace, *rules, *("--extra-field=" + f for f in fields)):
        alert = json.loads(line)
        sid, event, program, file = (alert["output_fields"].get(f) or "-" for f in fields)
        if str(sid) != session:
            continue
        file = re.sub(r":\d{5}\b", ":PORT", re.sub(r"^/proc/\d+/", "/proc/PID/", file))
        lines.append(f"{alert['rule']} | {event} | {program} | {file}")
    return sorted(lines)


def differences(name, found):
    """Lines that only the list or only the recording has."""
    path = os.path.join(SCENARIOS, name)
    if name == "attack.alerts" and os.environ.get("UPDATE_GOLDEN"):
        with open(path, "w") as f:
            f.writelines(line + "\n" for line in found)
    wanted, found = collections.Counter(text(path).splitlines()), collections.Counter(found)
    return ([f"{name}: missing: {line}" for line in (wanted - found).elements()] +
            [f"{name}: not in the list: {line}" for line in (found - wanted).elements()])


def main():
    needs(*(os.path.join(BIN, program) for program in ("replay", "scap")))
    for _ in range(3):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            ledger, live, replayed, found, lost = intrude(work)
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
    unlike = [d for name in found for d in differences(name, found[name])] if len(steps) == ALL_STEPS else []
    for line in unlike:
        print(line)
    print(f"FIGURE scenario: {len(steps)} steps, {len(live)} alerts live, {len(replayed)} in replay, "
          f"{len(differ)} differ, {len(quiet)} steps quiet; " +
          ", ".join(f"{len(found[name])} of {name}" for name in found) + f", {len(unlike)} differ")
    if quiet or differ or unlike or len(live) != len(replayed) or len(steps) < 40:
        sys.exit(1)


main()
