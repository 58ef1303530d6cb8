#!/usr/bin/env python3
"""Man pages and completions say what the programs' --help says, and rules/README.md what the rules do.

Exit 0, 1, or 77 when no program is built.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from programs import BIN, SOURCE, skip

MAN = os.path.join(SOURCE, "tools/man")
COMPLETION = os.path.join(SOURCE, "tools/completion")
# What bash offers behind these words: the values that the help enumerates, never an example or a stray word.
OFFERS = {
    "replay --rule-matching": "all first",
    "rec --rule-matching": "all first",
    "rec --alert-to": "file none stdout syslog",
    "rec --compress": "",
    "rec --rotate": "",
    "scap convert --to": "native stock stock-gz",
    "scap split --bytes": "",
    "scap cat --fields": "",
    "ruletest profile --top": "",
}

sys.path.insert(0, COMPLETION)
import generate  # noqa: E402  (its folder is known only now)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def page_problems(program, commands, options):
    """Every command and every long option has its place in the man page."""
    path = os.path.join(MAN, program + ".1")
    if not os.path.exists(path):
        return [f"{program}.1: no such page"]
    text = read(path).replace(r"\-", "-")
    wanted = commands + sorted(options)
    return [f"{program}.1: {word} is not told" for word in wanted
            if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]


def completed(program, words):
    """What bash offers at the end of a command line."""
    line = " ".join(f"'{word}'" for word in words)
    code = (f"compopt() {{ :; }}; source {COMPLETION}/{program}.bash; COMP_WORDS=({line}); "
            f"COMP_CWORD={len(words) - 1}; _{program}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return set(subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True).stdout.split())


def program_problems(program):
    path = os.path.join(BIN, program)
    commands = generate.commands_of(generate.help_of(path))
    options, problems = set(), []
    script = os.path.join(COMPLETION, program + ".bash")
    if not os.path.exists(script) or read(script) != generate.script(path):
        problems.append(f"{program}.bash: differs from --help; run tools/completion/generate.py {path}")
    for command in commands or [None]:
        lead = [program, command] if command else [program]
        words = set(generate.Options(generate.help_of(path, *lead[1:])).words)
        options |= words
        if os.path.exists(script):
            problems += [f"{program}.bash: {' '.join(lead)} does not offer {word}"
                         for word in sorted(words - completed(program, [*lead, "--"]))]
    if os.path.exists(script) and not set(commands) <= completed(program, [program, ""]) and commands:
        problems.append(f"{program}.bash: does not offer all commands")
    for line, values in OFFERS.items():
        offered = " ".join(sorted(completed(program, [*line.split(), ""]))) if line.split()[0] == program else values
        if offered != values:
            problems.append(f"{program}.bash: \"{line}\" offers \"{offered}\", not \"{values}\"")
    return problems + page_problems(program, commands, options - {"--help"})


def formatting_problems():
    if not shutil.which("man") or not shutil.which("groff"):
        return
    for page in sorted(glob.glob(os.path.join(MAN, "*.[1-8]"))):
        run = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=False,
                             env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
        yield from (f"{os.path.basename(page)}: {line}" for line in run.stderr.splitlines())


def example_problems():
    """The conditions that filter(7) gives as examples compile."""
    ruletest = os.path.join(BIN, "ruletest")
    block = re.search(r"the tests compile them\.\n\.nf\n(.*?)\n\.fi", read(os.path.join(MAN, "filter.7")), re.S)
    conditions = block[1].replace(r"\e", "\\").splitlines()
    rules = "".join(f"- rule: example {n}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n"
                    for n, condition in enumerate(conditions))
    if os.access(ruletest, os.X_OK):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(rules)
            file.flush()
            run = subprocess.run([ruletest, "check", file.name], capture_output=True, text=True, check=False)
            if run.returncode != 0:
                yield f"filter.7: an example is refused: {run.stdout}{run.stderr}"


def rule_table_problems():
    """The table of rules/README.md has every rule with its priority, and no other."""
    rules = os.path.join(SOURCE, "rules")
    table = set(re.findall(r"^\| (.+?) \| .* \| (\w+) \|$", read(os.path.join(rules, "README.md")), re.M))
    written = set()
    for path in glob.glob(os.path.join(rules, "*.yaml")):
        written |= set(re.findall(r"^- rule: (.+?)\n.*?^  priority: (\w+)$", read(path), re.M | re.S))
    written = {(name, priority.lower()) for name, priority in written}
    yield from (f"rules/README.md: not in its table: {name}, {priority}" for name, priority in sorted(written - table))


def main():
    programs = [p for p in ("matches", "rec", "replay", "ruletest", "scap") if os.access(os.path.join(BIN, p), os.X_OK)]
    if not programs:
        skip(f"no programs in {BIN}")
    problems = [problem for program in programs for problem in program_problems(program)]
    problems += [*formatting_problems(), *example_problems(), *rule_table_problems()]
    for problem in problems:
        print(problem)
    print(f"docs: {', '.join(programs)}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
