#!/usr/bin/env python3
"""bench_rec.py BUILD_DIR [--seconds N] [--rate N]: what recording costs.

Rows: cost of a call without and with rec; events lost, CPU per event and memory at a steady rate of
calls; time until events flow with 500 more processes.  Needs root and the driver.
"""
import argparse
import glob
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument('build')
parser.add_argument('--seconds', type=int, default=10)
parser.add_argument('--rate', type=int, default=500000)
parser.add_argument('--processes', type=int, default=500)
args = parser.parse_args()

REC = os.path.join(args.build, 'bin/rec')
CALLS = os.path.join(args.build, 'bench/bench_calls')
STARTS = 9
work = tempfile.TemporaryDirectory()


def start(*options):
    """A rec that is ready, and the seconds until it was."""
    path = os.path.join(work.name, 'notify')
    if os.path.exists(path):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    sock.settimeout(60)
    begin = time.monotonic()
    child = subprocess.Popen([REC, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env={**os.environ, 'NOTIFY_SOCKET': path})
    try:
        while b'READY=1' not in sock.recv(4096):
            pass
    except OSError:
        child.kill()
        sys.exit(f'rec does not start: {child.communicate()[1].decode(errors="replace")}')
    return child, time.monotonic() - begin


def stop(child):
    """Its last words, CPU seconds and peak KiB."""
    child.terminate()
    err = child.stderr.read().decode(errors='replace')
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f'rec failed: {err}')
    return err, used.ru_utime + used.ru_stime, used.ru_maxrss


def used(child):
    """Nanoseconds of CPU so far, all threads that are there."""
    total = 0
    for path in glob.glob(f'/proc/{child.pid}/task/*/schedstat'):
        with open(path) as stat:
            total += int(stat.read().split()[0])
    return total


def calls(rate, seconds):
    out = subprocess.run([CALLS, str(rate), str(seconds)], capture_output=True, check=True, text=True).stdout.split()
    return int(out[0]), float(out[1])


def number(pattern, text):
    found = re.search(pattern, text)
    return int(found[1].replace(',', '')) if found else 0


trace = os.path.join(work.name, 't.scap')
_, bare = calls(0, 2)
child, _ = start('-o', trace)
_, recorded = calls(0, 2)
stop(child)
print(f'rec  getppid {bare:.0f} ns, while everything is recorded {recorded:.0f} ns (+{recorded - bare:.0f})')

child, _ = start('-o', trace)
made, _ = calls(args.rate, args.seconds)
err, cpu, peak = stop(child)
events, lost = number(r'([\d,]+) events? in', err), number(r'([\d,]+) lost', err)
print(f'rec  {made / args.seconds:.0f} calls/s for {args.seconds} s: {events} events, {lost} lost, '
      f'{cpu * 1e6 / max(events, 1):.2f} us of CPU per event with the start, '
      f'{os.path.getsize(trace) / max(events, 1):.1f} bytes per event, {peak / 1024:.1f} MiB with the rings')

crowd = [subprocess.Popen(['sleep', '600']) for _ in range(args.processes)]
starts = []
try:
    for _ in range(STARTS):
        child, took = start('-o', trace)
        starts.append((took * 1e3, used(child) / 1e6))
        stop(child)
finally:
    for one in crowd:
        one.kill()
        one.wait()
wall, cpu = (sorted(column) for column in zip(*starts))
print(f'rec  ready with {args.processes} more processes after {wall[0]:.0f} ms, median {wall[STARTS // 2]:.0f}; '
      f'CPU {cpu[0]:.0f} ms, median {cpu[STARTS // 2]:.0f}')
