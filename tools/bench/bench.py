#!/usr/bin/env python3
"""bench.py BUILD_DIR [--runs N]: replay rate and memory, trace size, rule load time, store rate.

Every row is the median of N runs of the release binaries on one core (CPU seconds, so that a noisy
machine blurs it less).  Traces: our captured ones, each read several times in one run so that
start-up does not count.  Rules: Falco's files where the corpus is at hand, our own otherwise.
"""
import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import container

parser = argparse.ArgumentParser()
parser.add_argument('build')
parser.add_argument('--runs', type=int, default=5)
parser.add_argument('--repeat', type=int, default=8, help='times each trace is read in one run')
args = parser.parse_args()

source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
corpus = os.environ.get('SAKER_CORPUS') or ''
bin_dir = os.path.join(args.build, 'bin')
bench_dir = os.path.join(args.build, 'bench')


def run(cmd, cores={0}):
    """CPU seconds, wall seconds, peak KiB, stderr of one run on these cores."""
    err = tempfile.TemporaryFile()
    begin = time.monotonic()
    child = subprocess.Popen(cmd, stdout=subprocess.DEVNULL, stderr=err,
                             preexec_fn=lambda: os.sched_setaffinity(0, cores))
    _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    err.seek(0)
    text = err.read().decode(errors='replace')
    if status != 0:
        sys.exit(f'{" ".join(cmd)} failed: {text}')
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss, text


def median(cmd, cores={0}):
    rows = [run(cmd, cores) for _ in range(args.runs)]
    return [statistics.median(r[i] for r in rows) for i in range(3)]


def events_of(trace):
    out = subprocess.run([f'{bin_dir}/scap', 'info', '--json', trace], capture_output=True, check=True)
    return json.loads(out.stdout)['events']['shown']


def traces():
    folders = [os.path.join(corpus, 'traces/captured'), os.path.join(source, 'testdata/traces')]
    seen = {}
    for folder in folders:
        for name in ('web1', 'build1', 'host1', 'container1'):
            path = os.path.join(folder, name + '.scap.gz')
            if os.path.exists(path):
                seen.setdefault(name, path)
    return seen


def rule_sets():
    falco = os.path.join(corpus, 'rules')
    if corpus and os.path.isdir(falco):
        stable = [f'{falco}/falco_rules.yaml']
        rest = [f'{falco}/falco-incubating_rules.yaml', f'{falco}/falco-sandbox_rules.yaml']
        return [('no rules', []), ('25 stable', stable), ('all 93', stable + rest)]
    own = os.path.join(source, 'rules')
    return [('no rules', []), ('own rules', [own])]


def size_row(name, plain):
    """A native trace against general compressors: bytes and CPU, both relative to zstd -3."""
    native, zst = plain + '.skr', plain + '.zst'
    ours = median([f'{bin_dir}/scap', 'convert', plain, native])[0]
    theirs = median(['zstd', '-3', '-q', '-f', '--single-thread', plain, '-o', zst])[0]
    base = os.path.getsize(zst)
    xz = len(subprocess.run(['xz', '-6', '-c', plain], capture_output=True, check=True).stdout)
    size_rows.append(f'{name:12} native {os.path.getsize(native):9} B = {os.path.getsize(native) / base:.3f} of zstd -3, '
                     f'{os.path.getsize(native) / xz:.3f} of xz -6; CPU {ours / theirs:.2f} of zstd -3')
    container.decoding(bench_dir, name, native)
    idle = median([f'{bin_dir}/replay', '-o', 'none', '-q', '-j', '1'] + [native] * 10)[0] / 10
    print(f'{name:12} replay without rules     {idle * 1e3:8.2f} ms')
    container.overhead(bin_dir, name, native)
    os.unlink(native)
    os.unlink(zst)


def long_rows():
    """A native trace of a GB of plain events: two cores against one, and a hunt against reading it."""
    if not os.path.exists(f'{bench_dir}/bench_grow'):
        return
    native = container.long_trace(bin_dir, bench_dir, work, traces().values(), median)
    cores = sorted(os.sched_getaffinity(0))[:2]
    for label, rules in rule_sets():
        cmd = [f'{bin_dir}/replay', '-o', 'none', '-q'] + [part for rule in rules for part in ('-r', rule)]
        one, wall, _ = median(cmd + ['-j', '1', native])
        both, both_wall, peak = median(cmd + ['-j', '2', native], set(cores))
        print(f'long         {label:10} -j 1 {wall:.2f} s, -j 2 {both_wall:.2f} s = {wall / both_wall:.2f} x on '
              f'{len(cores)} cores, {both / one:.2f} of the CPU, {peak / 1024:.1f} MiB', flush=True)
        if not rules:
            hunt = median([f'{bin_dir}/scap', 'hunt', '-q', native, 'proc.name = nosuchname'])[0]
            full = median([f'{bin_dir}/scap', 'hunt', '-q', '--read-all', native, 'proc.name = nosuchname'])[0]
            print(f'long         hunt for an absent name {hunt * 1e3:.0f} ms = {hunt / full:.4f} of reading all, '
                  f'{hunt / one:.4f} of a replay', flush=True)
    os.unlink(native)


size_rows = []
work = tempfile.mkdtemp()
print(f'{"trace":12} {"rules":10} {"events":>10} {"M events/s":>11} {"x gunzip":>9} {"peak MiB":>9}')
for name, path in traces().items():
    plain = os.path.join(work, name + '.scap')
    with gzip.open(path) as src, open(plain, 'wb') as dst:
        shutil.copyfileobj(src, dst)
    events = events_of(path) * args.repeat
    gunzip = median(['sh', '-c', f'for i in $(seq {args.repeat}); do gzip -dc {path}; done'])[0]
    for kind, trace in (('', plain), ('.gz', path)):
        for label, rules in rule_sets():
            cmd = [f'{bin_dir}/replay', '-j', '1', '-o', 'none', '-q']
            for rule in rules:
                cmd += ['-r', rule]
            cpu, _, peak = median(cmd + [trace] * args.repeat)
            print(f'{name + kind:12} {label:10} {events:10} {events / cpu / 1e6:11.2f} '
                  f'{gunzip / cpu:9.2f} {peak / 1024:9.1f}', flush=True)
    size_row(name, plain)
    os.unlink(plain)
print(*size_rows, sep='\n')
long_rows()

for label, rules in rule_sets():
    cmd = [f'{bin_dir}/ruletest', 'check'] + rules
    if rules and os.path.exists(f'{bin_dir}/ruletest'):
        cpu, wall, peak = median(cmd)
        print(f'rule load    {label:10} {wall * 1e3:.1f} ms, {peak / 1024:.1f} MiB')

store = os.path.join(args.build, 'bench', 'bench_store')
if os.path.exists(store):
    subprocess.run([store, os.path.join(work, 'bench.db')], check=True)
shutil.rmtree(work)
