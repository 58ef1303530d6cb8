#!/usr/bin/env python3
"""rec on the living host: live alerts are those of a replay, and every event is either in the trace
or in its ledger, whatever happens to the recorder.

Needs root and a kernel that takes the driver; exits 77 with the reason elsewhere.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

from programs import BIN, SOURCE, info, run, run_tests, skip

REC = os.path.join(BIN, "rec")
RULES = os.path.join(SOURCE, "rules")
PATIENCE = 120

# getppid COUNT times; prints its pid first, so that the caller finds its events
FLOOD = """
import os, sys
print(os.getpid(), flush=True)
sys.stdin.readline()
call = os.getppid
for _ in range(int(sys.argv[1])):
    call()
"""


class Recorder:
    """A rec that has said READY."""

    def __init__(self, work, *args, env=None):
        path = os.path.join(work, "notify")
        if os.path.exists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.child = subprocess.Popen([REC, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      env={**os.environ, **(env or {}), "NOTIFY_SOCKET": path})
        self.wait_for(b"READY=1")

    def wait_for(self, word):
        while True:
            try:
                if word in self.socket.recv(4096):
                    return
            except OSError as problem:
                self.child.kill()
                raise AssertionError(f"no {word}: {self.child.communicate()[1]}") from problem

    def send(self, sig):
        self.child.send_signal(sig)

    def end(self, sig=signal.SIGTERM, status=0):
        """Standard output and error."""
        self.send(sig)
        out, err = self.child.communicate(timeout=PATIENCE)
        assert self.child.returncode == status, (self.child.returncode, err)
        self.socket.close()
        return out, err


class Flood:
    def __init__(self, count):
        self.count = count
        self.child = subprocess.Popen([sys.executable, "-c", FLOOD, str(count)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.pid = int(self.child.stdout.readline())

    def begin(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()

    def wait(self):
        self.child.wait(timeout=PATIENCE)
        self.child.stdin.close()
        self.child.stdout.close()


def getppids(trace, pid, status=0):
    out = run("scap", "cat", "--filter", f"syscall.type = getppid and proc.pid = {pid}", "-p", "%evt.num", trace, status=status)
    return out.count(b"\n")


def losses(trace, what):
    return sum(loss.get("count", 0) for loss in info(trace)["losses"] if loss["class"] == what)


ONLY = ["--syscalls", "getppid,-signals"]


def accounts_for_every_call(trace, flood):
    """Generic calls are of the class "other", and only getppid is recorded of them."""
    seen, lost = getppids(trace, flood.pid), losses(trace, "other")
    assert flood.count <= seen + lost <= flood.count * 1.01 + 1000, (flood.count, seen, lost)
    return lost


def a_script():
    """Things that rules look at."""
    script = """
    cat /etc/shadow; cp /bin/ls /dev/shm/saker-ls; /dev/shm/saker-ls /; rm /dev/shm/saker-ls
    for i in 1 2 3 4 5; do sh -c 'id; uname -a'; done
    touch /tmp/saker-suid; chmod 4755 /tmp/saker-suid; rm /tmp/saker-suid
    find /etc -name 'pass*'; (sleep 0.1 &); wait; python3 -c 'import socket; socket.socket().connect_ex(("127.0.0.1", 9))'
    """
    subprocess.run(["bash", "-c", script], capture_output=True, check=False, timeout=PATIENCE)


def live_is_replay(work):
    out, db = os.path.join(work, "t.scap"), os.path.join(work, "live.db")
    rec = Recorder(work, "-o", out, "-r", RULES, "--db", db)
    for _ in range(3):
        a_script()
    live, _ = rec.end()
    run("scap", "verify", out)
    assert live == run("replay", "-q", "-r", RULES, out)
    assert live.count(b"/etc/shadow") >= 3 and live.count(b"/dev/shm/saker-ls") >= 3, live
    stored = run("matches", "sql", "--db", db, "SELECT count(*) AS n FROM v_matches")
    assert str(live.count(b"\n")).encode() in stored, stored


def rules_without_a_trace(work):
    rec = Recorder(work, "--no-trace", "--json", "-r", RULES)
    a_script()
    live, _ = rec.end()
    names = {json.loads(line)["rule"] for line in live.splitlines()}
    assert {"Password hashes read", "Program run from shared memory"} <= names, names


def nothing_is_lost_without_need(work):
    out = os.path.join(work, "t.scap")
    rec, flood = Recorder(work, "-o", out, "--buffer", "64M", *ONLY), Flood(300000)
    flood.begin()
    flood.wait()
    rec.end()
    assert accounts_for_every_call(out, flood) == 0
    assert getppids(out, flood.pid) == flood.count


def what_overflows_is_in_the_ledger(work):
    out = os.path.join(work, "t.scap")
    rec, flood = Recorder(work, "-o", out, "--buffer", "64K", *ONLY), Flood(1000000)
    rec.send(signal.SIGSTOP)
    flood.begin()
    time.sleep(0.5)
    rec.send(signal.SIGCONT)
    flood.wait()
    rec.end()
    assert accounts_for_every_call(out, flood) > 0


def a_recorder_held_for_five_seconds_tells_what_it_missed(work):
    out = os.path.join(work, "t.scap")
    rec, flood = Recorder(work, "-o", out, "--buffer", "1M", *ONLY), Flood(2000000)
    flood.begin()
    time.sleep(0.2)
    rec.send(signal.SIGSTOP)
    time.sleep(5)
    rec.send(signal.SIGCONT)
    flood.wait()
    _, err = rec.end()
    lost = accounts_for_every_call(out, flood)
    assert lost > 0 and int(re.search(rb"([\d,]+) lost", err)[1].replace(b",", b"")) >= lost, err
    run("scap", "verify", out)


def a_killed_recorder_leaves_a_trace_that_reads(work):
    out = os.path.join(work, "t.scap")
    rec, flood = Recorder(work, "-o", out, *ONLY), Flood(200000)
    flood.begin()
    flood.wait()
    time.sleep(5)
    rec.end(signal.SIGKILL, status=-signal.SIGKILL)
    assert getppids(out, flood.pid, status=1) == flood.count


def a_full_disk_ends_the_file_well(work):
    place = os.path.join(work, "small")
    os.mkdir(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", place], check=False).returncode:
        print("  no tmpfs here: skipped")
        return
    try:
        out = os.path.join(place, "t.scap")
        rec = Recorder(work, "-o", out)
        until = time.monotonic() + 60
        while rec.child.poll() is None and time.monotonic() < until:
            a_script()
        _, err = rec.child.communicate(timeout=PATIENCE)
        assert rec.child.returncode == 1 and b"No space left" in err, err
        about = json.loads(subprocess.run([os.path.join(BIN, "scap"), "info", "--json", out], capture_output=True, check=False).stdout)
        assert about["events"]["shown"] > 100 and about["losses"][0]["class"] == "disk", about
    finally:
        subprocess.run(["umount", place], check=False)


def a_ring_on_a_full_disk_goes_on(work):
    place = os.path.join(work, "small")
    os.mkdir(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", place], check=False).returncode:
        print("  no tmpfs here: skipped")
        return
    try:
        rec = Recorder(work, "-o", os.path.join(place, "t.scap"), "--rotate", "200K", "--keep", "1000")
        until = time.monotonic() + 60
        files = []
        # How many fit depends on what else happens here; the first one must give way in the end.
        while not (files and files[0] > "t.000001.scap") and time.monotonic() < until:
            a_script()
            files = sorted(os.listdir(place))
        assert rec.child.poll() is None, rec.child.communicate()
        rec.end()
        files = sorted(os.listdir(place))
        assert files[0] != "t.000001.scap", files
        for file in files:
            run("scap", "info", os.path.join(place, file))
    finally:
        subprocess.run(["umount", place], check=False)


def powers_are_given_away(work):
    rec = Recorder(work, "-o", os.path.join(work, "t.scap"), "-r", RULES)
    time.sleep(0.5)
    folder = f"/proc/{rec.child.pid}/task"
    for tid in os.listdir(folder):
        with open(f"{folder}/{tid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        name, effective = status["Name"].strip(), int(status["CapEff"], 16)
        # whoever looks for containers may read files, until the end
        assert effective & ~(1 << 2 | 1 << 19) == 0, (name, hex(effective))
        assert status["NoNewPrivs"].strip() == "1"
    rec.end()


def it_can_become_somebody_else(work):
    os.chmod(work, 0o777)
    out = os.path.join(work, "t.scap")
    # a process that has changed its user cannot be looked at for leaks
    rec = Recorder(work, "-o", out, "--rotate", "1s", "--user", "nobody", env={"ASAN_OPTIONS": "detect_leaks=0"})
    with open(f"/proc/{rec.child.pid}/status", encoding="ascii") as file:
        assert re.search(r"^Uid:\s+65534\s+65534\s+65534", file.read(), re.M)
    for _ in range(3):
        a_script()
        time.sleep(0.7)
    rec.end()
    files = [os.path.join(work, name) for name in sorted(os.listdir(work)) if name.startswith("t.")]
    assert len(files) > 1
    for file in files:
        run("scap", "verify", file)


TESTS = [live_is_replay, rules_without_a_trace, nothing_is_lost_without_need, what_overflows_is_in_the_ledger,
         a_recorder_held_for_five_seconds_tells_what_it_missed, a_killed_recorder_leaves_a_trace_that_reads,
         a_full_disk_ends_the_file_well, a_ring_on_a_full_disk_goes_on, powers_are_given_away, it_can_become_somebody_else]


def why_not():
    if not os.access(REC, os.X_OK):
        return f"no {REC}"
    if os.geteuid() != 0:
        return "not root"
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run([REC, "-q", "-o", os.path.join(work, "t.scap"), "-d", "100ms"], capture_output=True, timeout=PATIENCE)
        return done.stderr.decode(errors="replace").strip() if done.returncode else None


def main():
    reason = why_not()
    if reason:
        skip(reason)
    return run_tests(TESTS)


if __name__ == "__main__":
    sys.exit(main())
