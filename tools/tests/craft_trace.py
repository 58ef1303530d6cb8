#!/usr/bin/env python3
"""Make a stock .scap trace from a text: events that no recording at hand contains.

craft_trace.py TEXT TRACE.  The text, line by line; words are split as a shell would:

  # remark
  case TITLE                  for the reader only
  by NAME [key=value ...]     a process that was there before the events: whose events follow.
                              below=A,B: ancestors, nearest last.  exepath, args, cwd, uid, gid, loginuid, tty,
                              vpid, env, caps, container (an id): as in a process list
  run [key=value ...] -- ARGV...   that process executes a program; name, exepath, env, flags, ... may be given
  EVENT [param=value ...]     any other exit event of format/schema/events.def; parameters that
                              are not given are 0 or empty (directories: the working one).
                              Flags and enums by their names, joined by |
"""
import os
import re
import shlex
import socket
import struct
import sys

SOURCE = os.environ.get("SAKER_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
NONE32 = 0xFFFFFFFF
AT_FDCWD = {"dirfd": "-100", "olddirfd": "-100", "newdirfd": "-100", "olddir": "-100", "newdir": "-100",
            "linkdirfd": "-100"}
START_NS = 1_700_000_000_000_000_000
SECTION, MACHINE, USERS, PROCESSES, EVENT_BLOCK = 0x0A0D0D0A, 0x201, 0x220, 0x215, 0x216
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
SIZES = {"INT8": 1, "UINT8": 1, "FLAGS8": 1, "ENUMFLAGS8": 1, "SIGTYPE": 1,
         "INT16": 2, "UINT16": 2, "FLAGS16": 2, "ENUMFLAGS16": 2, "SYSCALLID": 2,
         "INT32": 4, "UINT32": 4, "FLAGS32": 4, "ENUMFLAGS32": 4, "UID": 4, "GID": 4, "MODE": 4, "SIGSET": 4,
         "INT64": 8, "UINT64": 8, "ERRNO": 8, "FD": 8, "PID": 8, "RELTIME": 8, "ABSTIME": 8}
USERS_KNOWN = {0: "root", 1: "daemon", 33: "www-data", 65534: "nobody", 1000: "alice"}
CAPABILITIES = {"CAP_CHOWN": 0, "CAP_DAC_READ_SEARCH": 2, "CAP_SYS_MODULE": 16, "CAP_SYS_PTRACE": 19,
                "CAP_SYS_ADMIN": 21}


def definitions(name):
    with open(os.path.join(SOURCE, "format/schema", name), encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def load_schema():
    """name -> (id, params) of the newest exit event, and table -> symbol -> value."""
    tables, events = {}, {}
    for name, rows in re.findall(r"TABLE\((\w+),(.*?)\)\s*(?=TABLE|#undef|\Z)", definitions("flags.def"), re.S):
        tables[name] = {s: int(v, 0) for s, v in re.findall(r"FLAG\((\w+),\s*(\w+)\)", rows)}
    for event_id, name, flags, params in re.findall(
            r'EVENT\((\d+), \w+, "([^"]*)", [^,]*,\s*([^,]*),(.*?)\)\s*(?=EVENT|#undef|\Z)',
            definitions("events.def"), re.S):
        if int(event_id) % 2 and "EF_OLD_VERSION" not in flags:
            rows = re.findall(r"P[FRD]?\((\w+), (\w+), \w+(?:, (\w+))?\)", params)
            events[name] = (int(event_id), rows)
    return events, tables


def address(text):
    """ip:port, [ip6]:port -> family, bytes, port"""
    host, port = text.rsplit(":", 1)
    family = AF_INET6 if host.startswith("[") else AF_INET
    packed = socket.inet_pton(socket.AF_INET6 if family == AF_INET6 else socket.AF_INET, host.strip("[]"))
    return family, packed, int(port)


def encode_number(size, table, text, tables):
    if text is None:
        return bytes(size)
    value = 0
    for word in text.split("|"):
        try:
            value |= int(word, 0)
        except ValueError:
            value |= tables[table][word]
    return (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def encode(kind, table, text, tables):
    if kind in SIZES:
        return encode_number(SIZES[kind], table, text, tables)
    if text is None:
        return b""
    if kind in ("CHARBUF", "FSPATH", "FSRELPATH"):
        return text.encode() + b"\0"
    if kind == "BYTEBUF":
        return text if isinstance(text, bytes) else text.encode()
    if kind == "DYN":
        return struct.pack("<BQ", 0, int(text, 0))
    if kind == "SOCKADDR" and text.startswith("/"):
        return struct.pack("<B", AF_UNIX) + text.encode() + b"\0"
    if kind == "SOCKADDR":
        family, ip, port = address(text)
        return struct.pack("<B", family) + ip + struct.pack("<H", port)
    if kind == "SOCKTUPLE" and text.startswith("/"):
        return struct.pack("<BQQ", AF_UNIX, 0x1000, 0x2000) + text.encode() + b"\0"
    if kind == "SOCKTUPLE":
        (family, sip, sport), (_, dip, dport) = map(address, text.split("->"))
        return struct.pack("<B", family) + sip + struct.pack("<H", sport) + dip + struct.pack("<H", dport)
    raise ValueError(f"parameters of type {kind} cannot be written")


def joined(words):
    return b"".join(word.encode() + b"\0" for word in words)


def s16(data):
    data = data if isinstance(data, bytes) else data.encode()
    return struct.pack("<H", len(data)) + data


def block(kind, body):
    padding = bytes(-len(body) % 4)
    total = 12 + len(body) + len(padding)
    return struct.pack("<II", kind, total) + body + padding + struct.pack("<I", total)


class Process:
    def __init__(self, pid, name, parent, options):
        self.pid, self.name, self.parent = pid, name, parent
        self.exepath = options.get("exepath", "/usr/bin/" + name)
        self.args = shlex.split(options.get("args", ""))
        self.cwd = options.get("cwd", "/root/")
        self.uid, self.gid = int(options.get("uid", 0)), int(options.get("gid", 0))
        self.loginuid = int(options.get("loginuid", NONE32))
        self.tty, self.vpid = int(options.get("tty", 0)), int(options.get("vpid", pid))
        self.env = shlex.split(options.get("env", ""))
        self.caps = sum(1 << CAPABILITIES[cap] for cap in options.get("caps", "CAP_CHOWN").split(","))
        container = options.get("container")
        path = f"/system.slice/docker-{container * 64:.64}.scope" if container else "/system.slice/a.service"
        self.cgroups = ["cpuset=" + path, "cpu=" + path, "memory=" + path]

    def listed(self):
        """An entry of the process list (stock format, list version 9)."""
        entry = struct.pack("<QQQqq", self.pid, self.pid, self.parent, self.pid, self.pid)
        entry += s16(self.name) + s16(self.name) + s16(self.exepath) + s16(joined(self.args)) + s16(self.cwd)
        entry += struct.pack("<qIIIIIIQQ", 1024, 0, self.uid, self.gid, 0, 0, 0, 0, 0)
        entry += s16(joined(self.env)) + struct.pack("<qq", self.pid, self.vpid)
        entry += s16(joined(self.cgroups)) + s16("/")
        entry += struct.pack("<QIIBQQQB", 0, self.tty, self.loginuid, 0, 0, self.caps, self.caps, 0)
        entry += struct.pack("<QQQBBq", 0, 0, 0, 0, 0, self.pid)
        return struct.pack("<I", len(entry) + 4) + entry

    def execve(self, options, argv):
        name = options.pop("name", os.path.basename(argv[0]))[:15]
        values = {"exe": argv[0], "args": joined(argv[1:]), "tid": str(self.pid), "pid": str(self.pid),
                  "ptid": str(self.parent), "cwd": "", "fdlimit": "1024", "comm": name,
                  "cgroups": joined(self.cgroups), "env": joined(self.env), "tty": str(self.tty),
                  "vpgid": str(self.pid), "loginuid": str(self.loginuid), "cap_permitted": str(self.caps),
                  "cap_effective": str(self.caps), "uid": str(self.uid), "gid": str(self.gid), "pgid": str(self.pid),
                  "trusted_exepath": options.pop("exepath", "/usr/bin/" + os.path.basename(argv[0])),
                  "filename": argv[0]}
        if "env" in options:
            options["env"] = joined(shlex.split(options["env"]))
        return values | options


class Trace:
    def __init__(self):
        self.events, self.tables = load_schema()
        self.processes, self.blocks, self.current = [], [], None
        self.add_process("systemd", 0, {"exepath": "/usr/lib/systemd/systemd"})

    def add_process(self, name, parent, options):
        pid = 1 if not self.processes else 1000 + len(self.processes)
        self.current = Process(pid, name, parent, options)
        self.processes.append(self.current)
        return self.current

    def by(self, name, options):
        parent = self.processes[0]
        inherited = {k: v for k, v in options.items() if k in ("container", "uid", "tty", "loginuid")}
        for ancestor in filter(None, options.get("below", "").split(",")):
            parent = self.add_process(ancestor, parent.pid, inherited)
        self.add_process(name, parent.pid, options)

    def event(self, name, values):
        event_id, params = self.events[name]
        unknown = set(values) - {param for param, _, _ in params}
        if unknown:
            raise ValueError(f"{name} has no parameter {', '.join(sorted(unknown))}")
        data = [encode(kind, table, values.get(param, AT_FDCWD.get(param)), self.tables) for param, kind, table in params]
        lengths = b"".join(struct.pack("<H", len(value)) for value in data)
        size = 26 + len(lengths) + sum(map(len, data))
        time_ns = START_NS + 1_000_000 * len(self.blocks)
        head = struct.pack("<QqIHI", time_ns, self.current.pid, size, event_id, len(data))
        self.blocks.append(block(EVENT_BLOCK, struct.pack("<H", 0) + head + lengths + b"".join(data)))

    def line(self, text):
        words = shlex.split(text, comments=True)
        if not words or words[0] == "case":
            return
        command, argv = words.pop(0), []
        if "--" in words:
            at = words.index("--")
            words, argv = words[:at], words[at + 1:]
        if command == "by":
            self.by(words[0], dict(word.split("=", 1) for word in words[1:]))
            return
        options = dict(word.split("=", 1) for word in words)
        if command == "run":
            self.event("execve", self.current.execve(options, argv))
        else:
            self.event(command, options)

    def bytes(self):
        users = b""
        for uid, name in USERS_KNOWN.items():
            user = struct.pack("<BII", 0, uid, uid) + s16(name) + s16("/") + s16("/bin/sh")
            users += struct.pack("<I", len(user) + 4) + user
        machine = struct.pack("<IQQ128sQQQQ", 2, 1 << 32, 0, b"crafted", START_NS, 0, 0, 0)
        return b"".join([
            block(SECTION, struct.pack("<IHHQ", 0x1A2B3C4D, 1, 2, 0xFFFFFFFFFFFFFFFF)),
            block(MACHINE, machine),
            block(USERS, users),
            block(PROCESSES, b"".join(process.listed() for process in self.processes)),
            *self.blocks])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    trace = Trace()
    with open(sys.argv[1], encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                trace.line(line)
            except (KeyError, ValueError, IndexError) as error:
                sys.exit(f"{sys.argv[1]}:{number}: {error!r}: {line.strip()}")
    with open(sys.argv[2], "wb") as file:
        file.write(trace.bytes())


if __name__ == "__main__":
    main()
