#!/usr/bin/env python3
"""Write the bash completion of a program from its --help.

PROGRAM is a path; PROGRAM.bash is written beside this script.
Values are completed when the help of an option tells them ("a (default), b or c", "a: this; b: that"), else
as file names when the option's argument is called FILE, DIR, DB, TRACE, RULES or the like.
"""
import argparse
import os
import re
import subprocess

FILE_ARGUMENTS = re.compile(r"FILE|DIR|DB|TRACE|RULES|PATH|OUT|IN$")
WORD = r"[a-z][\w-]*(?: \(default\))?"
# Alternatives between two breaks of the sentence, or one word that is then explained.
WORDS = re.compile(rf"(?:^|[;:] )({WORD}(?:(?:, | or ){WORD})+(?=[:;]|$)|{WORD}(?=:))")
LEVELS = "emergency alert critical error warning notice informational debug"
OPTION = re.compile(r"^  (?:-(?P<short>\w), |    )--(?P<long>[\w-]+)(?:=(?P<arg>\S+))?(?:\s+(?P<help>.*))?$")
COMMAND = re.compile(r"^  (?P<name>[a-z][\w-]*)\s+\S")


def words_told(text):
    """The values that a piece of help enumerates."""
    for group in WORDS.findall(text):
        yield from (word for word in re.split(r", | or ", group.replace(" (default)", "")) if word != "default")


class Options:
    """Of one command: its words, and per option with a value how that is completed: "file" or words."""

    def __init__(self, help_text):
        self.words, self.values = [], {}
        # The help of an option goes on in lines that are indented: one line each.
        for line in re.sub(r"\n {26}", " ", help_text).splitlines():
            option = OPTION.match(line)
            if not option:
                continue
            self.words.append("--" + option["long"])
            if not option["arg"]:
                continue
            if FILE_ARGUMENTS.search(option["arg"]):
                way = "file"
            elif option["long"] == "priority":
                way = LEVELS.split()
            else:
                way = list(words_told(option["help"] or ""))
            self.values["--" + option["long"]] = way
            if option["short"]:
                self.values["-" + option["short"]] = way


def help_of(*command):
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def commands_of(help_text):
    section = re.search(r"^Commands:\n((?:  .*\n)+)", help_text, re.M)
    return [COMMAND.match(line)["name"] for line in section[1].splitlines() if COMMAND.match(line)] if section else []


def value_cases(options, indent):
    """The case that completes the value of the option in front; nothing when no option has one."""
    ways = {}
    for name, way in options.values.items():
        ways.setdefault(way if way == "file" else " ".join(way), []).append(name)
    if ways:
        yield f"{indent}case $prev in"
    for way, names in ways.items():
        if way == "file":
            action = "compopt -o default; return"
        elif not way:
            action = "return"
        else:
            action = f'COMPREPLY=($(compgen -W "{way}" -- "$cur")); return'
        yield f"{indent}{'|'.join(names)}) {action} ;;"
    if ways:
        yield f"{indent}esac"


def script(path):
    program = os.path.basename(path)
    commands = commands_of(help_of(path))
    name = "_" + program
    out = [f"# bash completion of {program}(1); written by generate.py, not by hand",
           "# shellcheck shell=bash disable=SC2207",
           f"{name}()", "{",
           "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words",
           "\tCOMPREPLY=()",
           "\t# bash splits --option=value at the sign",
           "\tif [[ $cur == = ]]; then",
           "\t\tcur=",
           "\telif [[ $prev == = ]]; then",
           "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}",
           "\tfi"]
    if commands:
        of_command = {command: Options(help_of(path, command)) for command in commands}
        common = Options("")
        common.values = {name: kind for name, kind in of_command[commands[0]].values.items()
                         if all(name in options.values for options in of_command.values())}
        out += ["\tlocal word command=",
                '\tfor word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do',
                f"\t\tcase $word in {'|'.join(commands)}) command=$word && break ;; esac",
                "\tdone",
                "\tcase $command in",
                "\t'')",
                f'\t\twords="{" ".join(commands)} --help --version"',
                *value_cases(common, "\t\t"),
                '\t\tCOMPREPLY=($(compgen -W "$words" -- "$cur"))',
                "\t\treturn",
                "\t\t;;"]
        for command, options in of_command.items():
            out += [f"\t{command})",
                    f'\t\twords="{" ".join(options.words)}"',
                    *value_cases(options, "\t\t"),
                    "\t\t;;"]
        out += ["\tesac"]
    else:
        options = Options(help_of(path))
        out += [f'\twords="{" ".join(options.words)} --version"',
                *value_cases(options, "\t")]
    out += ["\tif [[ $cur == -* ]]; then",
            '\t\tCOMPREPLY=($(compgen -W "$words" -- "$cur"))',
            "\telse",
            "\t\tcompopt -o default",
            "\tfi",
            "}",
            f"complete -F {name} {program}"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", metavar="PROGRAM", nargs="+")
    for path in parser.parse_args().programs:
        beside = os.path.join(os.path.dirname(os.path.realpath(__file__)), os.path.basename(path) + ".bash")
        with open(beside, "w", encoding="utf-8") as file:
            file.write(script(path))


if __name__ == "__main__":
    main()
