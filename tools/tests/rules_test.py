#!/usr/bin/env python3
"""Replay the rule set over the traces its tests name and compare how often each rule answered.

rules_test.py [RULES_DIR]   Environment: SAKER_SOURCE_DIR, SAKER_BIN_DIR, SAKER_CORPUS.
Reads RULES_DIR/*.test.yaml (format: rules/README.md).  Exit 0, 1, or 77 when nothing could be run.
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys

import craft_trace

SOURCE = os.environ.get("SAKER_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BIN = os.environ.get("SAKER_BIN_DIR") or os.path.join(SOURCE, "build/dev/bin")
SKIP = 77


def corpus_dir():
    for path in (os.environ.get("SAKER_CORPUS"), os.path.join(SOURCE, "../shared/corpus")):
        if path and os.path.isdir(path):
            return os.path.realpath(path)
    return None


def read_test(path):
    """The subset of YAML the tests are written in: two keys, one JSON value per list line."""
    sections, current = {"traces": [], "expect": []}, None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            try:
                if text.startswith("- ") and current is not None:
                    current.append(json.loads(text[2:]))
                else:
                    current = sections[text.removesuffix(":")]
            except (KeyError, ValueError) as error:
                sys.exit(f"{path}:{number}: not a line of a rule test: {error}")
    return sections["traces"], sections["expect"]


def rules_of(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r"^- rule: (.+?)\s*$", file.read(), re.M)


def resolve(trace):
    """Where a trace lies, or None when it belongs to a corpus that is not here."""
    if trace.startswith("$SAKER_CORPUS/"):
        corpus = corpus_dir()
        path = os.path.join(corpus, trace.split("/", 1)[1]) if corpus else None
        return path if path and os.path.exists(path) else None
    return os.path.join(SOURCE, trace)


def replay(rules_dir, path):
    command = [os.path.join(BIN, "replay"), "-o", "json", "--rule-matching", "all", "-r", rules_dir, path]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {run.returncode}\n{run.stderr}")
    alerts = (json.loads(line) for line in run.stdout.splitlines() if line.startswith("{"))
    return collections.Counter(alert["rule"] for alert in alerts)


def judge(expectation, count):
    """None when the count is as expected, else what was expected."""
    if "exactly" in expectation:
        return None if count == expectation["exactly"] else f"exactly {expectation['exactly']}"
    if "at_least" in expectation:
        return None if count >= expectation["at_least"] else f"at least {expectation['at_least']}"
    if expectation.get("none") is True:
        return None if count == 0 else "none"
    return "one of exactly, at_least, none: true"


def stale_files(rules_dir):
    """What is derived from the rules or from the crafted events and no longer agrees with them."""
    with open(os.path.join(rules_dir, "README.md"), encoding="utf-8") as file:
        table = set(re.findall(r"^\| (.+?) \| .* \| (\w+) \|$", file.read(), re.M))
    written = set()
    for path in glob.glob(os.path.join(rules_dir, "*.yaml")):
        with open(path, encoding="utf-8") as file:
            written |= set(re.findall(r"^- rule: (.+?)\n.*?^  priority: (\w+)$", file.read(), re.M | re.S))
    written = {(name, priority.lower()) for name, priority in written}
    yield from (f"README.md: not in its table: {name}, {priority}" for name, priority in sorted(written - table))

    trace = craft_trace.Trace()
    crafted = os.path.join(SOURCE, "testdata/traces/crafted")
    with open(crafted + ".txt", encoding="utf-8") as text, open(crafted + ".scap", "rb") as made:
        for line in text:
            trace.line(line)
        if trace.bytes() != made.read():
            yield "crafted.scap is not what craft_trace.py makes of crafted.txt"


def main():
    rules_dir = sys.argv[1] if len(sys.argv) > 1 else os.path.join(SOURCE, "rules")
    if not os.access(os.path.join(BIN, "replay"), os.X_OK):
        print(f"skipped: no replay in {BIN}")
        return SKIP

    answers, absent, wrong, checks = {}, set(), list(stale_files(rules_dir)), 0
    for test in sorted(glob.glob(os.path.join(rules_dir, "*.test.yaml"))):
        name = os.path.basename(test)
        rules = rules_of(test.removesuffix(".test.yaml") + ".yaml")
        traces, expectations = read_test(test)
        expected = {(e["rule"], e["trace"]): e for e in expectations}
        for rule, trace in expected:
            if rule not in rules or trace not in traces:
                wrong.append(f"{name}: no such rule or trace: {rule} on {trace}")
        for rule in set(rules) - {rule for rule, _ in expected}:
            wrong.append(f"{name}: nothing is expected of {rule}")
        for trace in traces:
            path = resolve(trace)
            if path is None:
                absent.add(trace)
                continue
            if path not in answers:
                answers[path] = replay(rules_dir, path)
            for rule in rules:
                checks += 1
                want = judge(expected.get((rule, trace), {"none": True}), answers[path][rule])
                if want:
                    wrong.append(f"{name}: {rule}: {answers[path][rule]} on {trace}, expected {want}")

    for line in wrong:
        print(line)
    for trace in sorted(absent):
        print(f"not here: {trace}")
    print(f"FIGURE own rules: {checks} checks on {len(answers)} traces, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
