#!/usr/bin/env python3
"""Containers of runc, with docker's control groups and bundles on an overlay, seen by rec: one that is
there before it starts, one that comes while it records.  Alerts name them, live and in replay.

Skips (77) where rec cannot record or runc cannot run.
"""
import json, os, shutil, subprocess, sys, tempfile, time

from programs import BIN, skip
from recording import Recording, needs

EARLY, LATE = "a1" * 32, "b2" * 32
RULES = """
- rule: seen
  desc: every program that a container's shell starts, and every look at a file of ours
  condition: container.id in (%s, %s) and evt.type in (execve, openat) and proc.name in (ls, looker)
  output: "%%container.id|%%container.name|%%container.image.repository|%%container.image.tag|%%proc.name|%%proc.is_exe_upper_layer"
  priority: INFO
""" % (EARLY[:12], LATE[:12])


def bundle(work, cid, name):
    """An overlay over the host's files as rootfs, with one program that the image does not have."""
    place = os.path.join(work, name)
    for d in ("upper", "work", "rootfs"):
        os.makedirs(os.path.join(place, d))
    options = "lowerdir=/,upperdir=%s/upper,workdir=%s/work" % (place, place)
    if subprocess.call(["mount", "-t", "overlay", "-o", options, "overlay", place + "/rootfs"], stderr=subprocess.DEVNULL):
        skip("no overlay can be mounted")
    subprocess.check_call(["runc", "spec"], cwd=place)
    shutil.copy("/bin/ls", place + "/rootfs/usr/bin/looker")
    with open(place + "/config.json") as f:
        spec = json.load(f)
    spec["process"]["terminal"] = False
    spec["process"]["args"] = ["/bin/sh", "-c", "while :; do ls / >/dev/null; looker / >/dev/null; sleep 0.1; done"]
    spec["root"] = {"path": "rootfs", "readonly": False}
    spec["linux"]["cgroupsPath"] = "/docker/" + cid
    spec["annotations"] = {"org.opencontainers.container.name": name,
                           "org.opencontainers.image.ref.name": "registry.example/shop/%s:1.4" % name}
    with open(place + "/config.json", "w") as f:
        json.dump(spec, f)
    return place


def run_container(place, name):
    with open(place + "/log", "wb") as log:
        code = subprocess.call(["runc", "run", "--detach", name], cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    if code:
        skip("runc: " + open(place + "/log", errors="replace").read().strip()[-200:])


def record(work):
    rules = os.path.join(work, "rules.yaml")
    with open(rules, "w") as f:
        f.write(RULES)
    early, late = bundle(work, EARLY, "early"), bundle(work, LATE, "late")
    run_container(early, "saker-early")
    recording = Recording(work, "-r", rules)
    recording.ready()
    run_container(late, "saker-late")
    time.sleep(2)
    recording.stop()
    replayed = subprocess.run([os.path.join(BIN, "replay"), "-q", "-r", rules, recording.trace], stdout=subprocess.PIPE, check=True)
    return open(recording.live).read().splitlines(), replayed.stdout.decode().splitlines(), recording.said()


def clean_up(work):
    for name in "saker-early", "saker-late":
        subprocess.call(["runc", "delete", "--force", name], stderr=subprocess.DEVNULL)
    for name in "early", "late":
        subprocess.call(["umount", "-l", os.path.join(work, name, "rootfs")], stderr=subprocess.DEVNULL)


def main():
    needs()
    if not shutil.which("runc"):
        skip("there is no runc")
    if os.environ.get("SAKER_PRIVATE") != "yes":
        os.environ["SAKER_PRIVATE"] = "yes"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, __file__])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        subprocess.check_call(["mount", "-t", "tmpfs", "work", work])
        try:
            live, replayed, log = record(work)
        finally:
            clean_up(work)
            subprocess.call(["umount", "-l", work])
    seen = [l.split(" ", 2)[-1].split("|") for l in live if "|" in l]
    nameless = [s for s in seen if s[1] not in ("early", "late")]
    wrong = []
    for cid, name in (EARLY, "early"), (LATE, "late"):
        for program, upper in ("ls", "false"), ("looker", "true"):
            want = [cid[:12], name, "registry.example/shop/" + name, "1.4", program, upper]
            if want not in seen:
                wrong.append(want)
    print("FIGURE containers: %d alerts live, %d in replay, %d without a name" % (len(live), len(replayed), len(nameless)))
    if wrong or nameless or live != replayed:
        print("not seen:", wrong, "nameless:", nameless[:5], "first:", seen[:5])
        print(log[-1500:])
        sys.exit(1)


main()
