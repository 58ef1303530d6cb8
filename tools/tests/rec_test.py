#!/usr/bin/env python3
"""rec, with a driver that plays a trace (tests/rec_fake): what it records, what it tells, and what
is left when it is stopped, killed, held or out of room.

Exit 0, 1, or 77 when rec_fake is not built.
"""
import glob
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from programs import BIN, SOURCE, info, run, run_tests, skip

REC = os.path.join(os.path.dirname(BIN), "tests/rec_fake")
HOST = os.path.join(SOURCE, "testdata/traces/host1.scap.gz")
CONTAINER = os.path.join(SOURCE, "testdata/traces/container1.scap.gz")
RULES = os.path.join(SOURCE, "rules")


def environment(trace=HOST, **settings):
    env = {**os.environ, "FAKE_TRACE": trace}
    env.update({f"FAKE_{name.upper()}": str(value) for name, value in settings.items()})
    return env


def rec(*args, **settings):
    return subprocess.run([REC, *args], capture_output=True, env=environment(**settings), timeout=60)


def start(*args, size=0, **settings):
    """A rec whose trace has more than `size` bytes already."""
    child = subprocess.Popen([REC, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**settings))
    out = args[args.index("-o") + 1]
    until = time.monotonic() + 60
    while not (os.path.exists(out) and os.path.getsize(out) > size):
        assert child.poll() is None and time.monotonic() < until, child.communicate()
        time.sleep(0.02)
    return child


def alerts(*traces, form="text"):
    return run("replay", "-q", "-o", form, "-r", RULES, *traces)


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


def alerts_are_posted(work):
    bodies = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = ends_well(rec("--no-trace", "-r", RULES, "--json", "--alert-to", f"http://127.0.0.1:{server.server_port}/"))
    server.shutdown()
    server.server_close()
    assert done.stdout == b"" and bodies == alerts(HOST, form="json").splitlines(), (len(bodies), done.stderr)


def alerts_are_logged(work):
    """In a mount namespace whose /dev holds our log and what a program needs."""
    dev, lines = os.path.join(work, "dev"), []
    os.mkdir(dev)
    open(os.path.join(dev, "null"), "w").close()
    mounts = f"mount --bind /dev/null {dev}/null && mount --bind {dev} /dev"
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*unshare, mounts], capture_output=True).returncode:
        print("rec: no namespace to test the system's log in", file=sys.stderr)
        return
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(os.path.join(dev, "log"))
    log.settimeout(60)

    def listen():
        while (line := log.recv(65536)) != b"end":
            lines.append(line)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    command = f'{mounts} && exec "$0" --no-trace -r "$1" --alert-to syslog'
    done = subprocess.run([*unshare, command, REC, RULES], capture_output=True, env=environment(), timeout=60)
    ends_well(done)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
        last.sendto(b"end", os.path.join(dev, "log"))
    listener.join(60)
    log.close()
    # "<8 + priority>Nov 22 14:00:00 rec[123]: line": the facility is "user", priorities are numbered as rules' are.
    names = "Emergency Alert Critical Error Warning Notice Informational Debug".split()
    heard = [re.fullmatch(rb"<(\d+)>.{15} rec\[\d+\]: (.*)", line, re.DOTALL).groups() for line in lines]
    assert [text for _, text in heard] == alerts(HOST).splitlines(), (len(heard), done.stderr)
    priorities = [json.loads(line)["priority"] for line in alerts(HOST, form="json").splitlines()]
    assert [names[int(number) - 8] for number, _ in heard] == priorities


def whoever_takes_no_alerts_holds_nobody_up(work):
    out = os.path.join(work, "t.scap")
    done = ends_well(rec("-o", out, "-r", RULES, "--alert-to", "http://127.0.0.1:9/", "--alert-to",
                         f"file:{work}/alerts"))
    assert info(out)["events"]["shown"] == info(HOST)["events"]["shown"]
    assert b"98 alerts could not be delivered" in done.stderr, done.stderr
    with open(f"{work}/alerts", "rb") as file:
        assert file.read() == alerts(out)


def the_service_manager_hears_how_it_goes(work):
    path = os.path.join(work, "notify")
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(path)
    heard.settimeout(30)
    child = subprocess.Popen([REC, "--no-trace", "-r", RULES], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**environment(rate=1000, repeat=0), "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"})
    wanted = [b"READY=1", b"WATCHDOG=1", b"STATUS="]
    while wanted:
        said = heard.recv(4096)
        wanted = [word for word in wanted if not said.startswith(word)]
    child.send_signal(signal.SIGHUP)
    for word in b"RELOADING=1", b"READY=1":
        while not heard.recv(4096).startswith(word):
            pass
    child.terminate()
    while not heard.recv(4096).startswith(b"STOPPING=1"):
        pass
    child.communicate(timeout=30)
    heard.close()
    assert child.returncode == 0


def the_store_holds_what_a_replay_would_put_there(work):
    live, replayed, out = (os.path.join(work, name) for name in ("live.db", "replayed.db", "t.scap"))
    ends_well(rec("-o", out, "-r", RULES, "--db", live, "--alert-to", "none"))
    run("replay", "-q", "-o", "none", "-r", RULES, "--db", replayed, out)
    for query in ("SELECT rule, evt_num, ts_ns, message, cmdline FROM v_matches ORDER BY evt_num, rule",
                  "SELECT count(*) FROM processes", "SELECT count(*) FROM programs", "SELECT outcome, matches, events FROM runs"):
        assert run("matches", "sql", "--db", live, query) == run("matches", "sql", "--db", replayed, query), query


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


def numbered(work):
    return sorted(glob.glob(os.path.join(work, "t.*.scap")))


def a_third_signal_does_not_wait_for_a_reader_that_is_gone(work):
    ends = os.pipe()  # nobody reads
    child = subprocess.Popen([REC, "-q", "-o", "-"], stdout=ends[1], env=environment(repeat=0))
    time.sleep(2)
    for _ in range(3):
        assert child.poll() is None
        child.terminate()
        time.sleep(0.5)
    assert child.wait(timeout=20) == 130
    os.close(ends[0])
    os.close(ends[1])


def files_follow_each_other_without_a_gap(work):
    done = ends_well(rec("-o", os.path.join(work, "t.scap"), "-r", RULES, "--rotate", "100K", rate=60000))
    files = numbered(work)
    assert len(files) > 2, files
    for file in files:
        run("scap", "verify", file)
    assert sum(info(file)["events"]["shown"] for file in files) == info(HOST)["events"]["shown"]
    assert b"".join(alerts(file) for file in files) == done.stdout


def a_long_recording_has_segments_that_replay_at_the_same_time(work):
    out = os.path.join(work, "t.scap")
    live = ends_well(rec("-o", out, "-r", RULES, repeat=16)).stdout
    assert [segment["snapshot"] for segment in info(out)["segments"]] in ([False, True], [False, True, True]), info(out)["segments"]
    assert live == run("replay", "-q", "-j", "2", "-r", RULES, out)


def a_ring_keeps_the_newest(work):
    live = ends_well(rec("-o", os.path.join(work, "t.scap"), "-r", RULES, "--ring", "256K", rate=100000, repeat=3)).stdout
    files = numbered(work)
    assert len(files) > 2 and files[0] != os.path.join(work, "t.000001.scap"), files
    assert sum(os.path.getsize(file) for file in files) <= 256 << 10
    kept = b"".join(alerts(file) for file in files)
    assert kept and live.endswith(kept)


def files_are_kept_by_number(work):
    for _ in range(2):  # the second run goes on where the first one ended
        ends_well(rec("-o", os.path.join(work, "t.scap"), "--rotate", "100K", "--keep", "2", rate=100000))
        assert len(numbered(work)) == 2, numbered(work)
    assert int(numbered(work)[-1].split(".")[-2]) > 4


RARE = """
- rule: needle
  desc: d
  condition: evt.num = %d
  output: "%%evt.rawtime %%evt.num %%proc.name %%proc.aname[2] %%proc.cmdline"
  priority: INFO
"""


def a_match_saves_what_was_around_it(work):
    rules = os.path.join(work, "rules.yaml")
    for num in 30000, 74636:
        with open(rules, "w") as file:
            file.write(RARE % num)
        for file in numbered(work):
            os.unlink(file)
        live = ends_well(rec("-o", os.path.join(work, "t.scap"), "-r", rules, "--on-match", "--before", "600ms",
                             "--after", "300ms", rate=32000)).stdout
        assert live.count(b"\n") == 1
        files = numbered(work)
        assert len(files) == 1, files
        assert run("replay", "-q", "-r", rules, files[0]) == live
        about = info(files[0])
        ts = int(live.split()[2])
        whole = info(HOST)
        assert about["first_ts_ns"] <= max(ts - 600_000_000, whole["first_ts_ns"])
        assert about["last_ts_ns"] >= min(ts + 300_000_000, whole["last_ts_ns"])
        assert num == 74636 or about["events"]["shown"] < whole["events"]["shown"]


def a_killed_recorder_leaves_a_trace_that_reads(work):
    out = os.path.join(work, "t.scap")
    child = start("-o", out, "-r", RULES, rate=20000, repeat=0, size=50000)
    child.kill()
    live, _ = child.communicate(timeout=20)
    replayed = run("replay", "-q", "-r", RULES, out, status=1)  # it has no end
    assert replayed and (live.startswith(replayed) or replayed.startswith(live))
    assert info(out, status=1)["events"]["shown"] > 1000


def a_held_recorder_goes_on(work):
    out = os.path.join(work, "t.scap")
    child = start("-o", out, "-r", RULES, rate=20000)
    time.sleep(0.5)
    child.send_signal(signal.SIGSTOP)
    time.sleep(1)
    child.send_signal(signal.SIGCONT)
    live, _ = child.communicate(timeout=20)
    assert child.returncode == 0 and live == alerts(out) == alerts(HOST)


def a_full_disk_ends_the_file_well(work):
    out = os.path.join(work, "t.scap")
    done = subprocess.run(["sh", "-c", f"ulimit -f 900; exec {REC} -o {out}"], capture_output=True, timeout=60,
                          env=environment(rate=30000, repeat=0))
    assert done.returncode == 1 and b"t.scap" in done.stderr, done
    run("scap", "verify", out)
    assert info(out)["events"]["shown"] > 1000 and info(out)["losses"], info(out)
    assert alerts(out)
    assert os.path.getsize(out) <= 900 * 512


def a_small_enough_size_stops(work):
    out = os.path.join(work, "t.scap")
    for kib in 300, 1500:
        ends_well(rec("-o", out, "--max-size", f"{kib}K", repeat=0))
        run("scap", "verify", out)
        # Beyond it: the last batch, half a megabyte before it is packed, and an index larger than guessed.
        assert kib * 0.9 < os.path.getsize(out) / 1024 <= kib * 1.02 + 160, os.path.getsize(out)


def rules_change_without_losing_state_or_events(work):
    rules, out = os.path.join(work, "rules.yaml"), os.path.join(work, "t.scap")
    with open(rules, "w") as file:
        file.write("- rule: a\n  desc: d\n  condition: evt.type = execve\n  output: 'old %evt.num %proc.cmdline'\n  priority: INFO\n")
    child = start("-o", out, "-r", rules, rate=30000)
    time.sleep(1)
    with open(rules, "a") as file:
        file.write("- rule: wrong\n")
    child.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    with open(rules, "w") as file:
        file.write("- rule: a\n  desc: d\n  condition: evt.type = execve\n  output: 'new %evt.num %proc.cmdline'\n  priority: INFO\n")
    child.send_signal(signal.SIGHUP)
    live, err = child.communicate(timeout=20)
    assert child.returncode == 0 and b"stay in force" in err, err
    assert b"old" in live and b"new" in live
    assert live.replace(b"old", b"new") == run("replay", "-q", "-r", rules, out)
    assert info(out)["events"]["shown"] == info(HOST)["events"]["shown"]


def wrong_command_lines_are_refused(work):
    out = os.path.join(work, "t.scap")
    for args in ([], ["-o", out, "--no-trace"], ["--no-trace"], ["-o", "-", "-r", RULES], ["-o", out, "--keep", "3"],
                 ["-o", out, "--on-match"], ["-o", out, "-d", "soon"], ["-o", out, "--syscalls", "raed"],
                 ["-o", out, "--filter", "proc.nmae = x"], ["-o", out, "-r", RULES, "--alert-to", "pigeon"]):
        done = rec(*args)
        assert done.returncode in (1, 2) and done.stderr.startswith(b"rec: ") and done.stdout == b"", (args, done)


TESTS = [live_is_replay, without_a_trace_the_alerts_are_the_same, a_filter_leaves_out_what_changes_no_state,
         a_stream_is_a_trace, alerts_go_where_they_are_sent, alerts_are_posted, alerts_are_logged,
         whoever_takes_no_alerts_holds_nobody_up, the_service_manager_hears_how_it_goes,
         the_store_holds_what_a_replay_would_put_there, lost_events_are_in_the_ledger, a_stop_is_clean, a_third_signal_does_not_wait_for_a_reader_that_is_gone, files_follow_each_other_without_a_gap,
         a_long_recording_has_segments_that_replay_at_the_same_time, a_ring_keeps_the_newest, files_are_kept_by_number,
         a_match_saves_what_was_around_it, a_killed_recorder_leaves_a_trace_that_reads, a_held_recorder_goes_on,
         a_full_disk_ends_the_file_well, a_small_enough_size_stops, rules_change_without_losing_state_or_events,
         wrong_command_lines_are_refused]


def main():
    if not os.access(REC, os.X_OK):
        skip(f"no {REC}")
    return run_tests(TESTS)


if __name__ == "__main__":
    sys.exit(main())
