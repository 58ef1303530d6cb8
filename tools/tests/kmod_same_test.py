#!/usr/bin/env python3
"""The intrusion of testdata/scenarios/attack.sh in an emulated machine, recorded there by both drivers at once.

The two recordings must raise the same alerts, with our rules and, where the corpus is, with Falco's, and must
hold the same events of every thread of the scenario, parameter by parameter; only times may differ, and what
LICENSE lists.  Usage: kmod_same_test.py [KERNEL] (a glob for guest.sh).  Skips (77) where a guest or one of
its tools cannot be had.
"""
import base64, collections, glob, json, os, re, shutil, subprocess, sys, tempfile

from programs import BIN, SOURCE, skip

KERNEL = sys.argv[1] if len(sys.argv) > 1 else "6.12.*+deb12-cloud-amd64"
CACHE = os.environ.get("GUEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                                                      "saker-guest")
CORPUS = os.environ.get("SAKER_CORPUS") or os.path.join(SOURCE, "../shared/corpus")
LEAST_STEPS = 40

# Parameters that may differ, with the reason: (event, parameter).
LICENSE = {}

# The guest's own part.  rec gives its capabilities away when its driver runs; the one that is waited for
# is recorded by the other, and nobody by itself.
GUEST = r"""
mkdir -p /root /usr/bin /opt /var/log /home /etc/audit
for m in overlay af_packet unix; do [ -f $m.ko ] && insmod $m.ko; done
printf 'root:x:0:0:root:/root:/bin/sh\n' >/etc/passwd
cp /etc/passwd /etc/shadow
begin() {
	./ld.so --library-path /t /t/rec.elf -q --driver $1 --buffer 64M -o /tmp/$1.skr 2>/tmp/$1.log &
	pid=$!
	for i in $(seq 300); do
		grep -q 'CapPrm:.0*$' /proc/$pid/status && break
		kill -0 $pid || break
		sleep 0.2
	done
}
begin bpf; bpf=$pid
begin kmod; kmod=$pid
sleep 1
setsid bash attack.sh /tmp/ledger </dev/null >/dev/null 2>&1
sleep 1
kill -INT $bpf $kmod
wait $bpf; wait $kmod
cat /tmp/bpf.log /tmp/kmod.log
for f in ledger bpf.skr kmod.skr; do
	echo "@file $f"
	base64 /tmp/$f
done
echo "@file"
"""


def bash_static(work):
    """Debian's static bash, unpacked, not installed."""
    path = os.path.join(CACHE, "bin/bash-static")
    if not os.path.exists(path):
        got = subprocess.run(["apt-get", "download", "-qq", "bash-static"], cwd=work,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        for package in glob.glob(os.path.join(work, "bash-static*.deb")) if got else ():
            subprocess.call(["dpkg", "-x", package, CACHE])
    if not os.path.exists(path):
        skip("bash-static cannot be downloaded")
    return path


def kernel_module(release, name, work):
    """A module of the guest's kernel, unpacked; None when it has none of that name."""
    found = glob.glob(f"{CACHE}/lib/modules/{release}/kernel/**/{name}.ko*", recursive=True)
    if not found:
        return None
    path = os.path.join(work, name + ".ko")
    if found[0].endswith(".xz"):
        with open(path, "wb") as out:
            subprocess.check_call(["xz", "-dc", found[0]], stdout=out)
    else:
        shutil.copy(found[0], path)
    return path


def libraries(program):
    """What a dynamic program needs beside it, and its loader."""
    lines = subprocess.run(["ldd", program], stdout=subprocess.PIPE, check=True).stdout.decode()
    loader = re.search(r"^\s*(/\S*ld-linux\S*)", lines, re.M).group(1)
    return re.findall(r"=> (/\S+)", lines), loader


def record(work):
    """What the guest hands back: name to bytes."""
    def copy(source, name):
        shutil.copy(source, os.path.join(work, name))
        return os.path.join(work, name)

    guest = os.path.join(SOURCE, "tools/tests/guest.sh")
    named = subprocess.run([guest, "-k", KERNEL, "-n"], stdout=subprocess.PIPE)
    release = named.stdout.decode().strip()
    if named.returncode:
        skip(release)
    libs, loader = libraries(os.path.join(BIN, "rec"))
    files = [copy(os.path.join(BIN, "rec"), "rec.elf"), copy(loader, "ld.so"), copy(bash_static(work), "bash"),
             os.path.join(SOURCE, "testdata/scenarios/attack.sh"), *libs]
    files += filter(None, (kernel_module(release, name, work) for name in ("overlay", "af_packet", "unix")))
    script = os.path.join(work, "same.sh")
    with open(script, "w") as f:
        f.write(GUEST)
    ran = subprocess.run([os.path.join(SOURCE, "tools/tests/kmod_guest.sh"), "-k", KERNEL, "sh same.sh", script, *files],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log = ran.stdout.decode(errors="replace")
    if ran.returncode == 77:
        skip(log.strip()[-300:])
    out = {}
    for part in log.split("@file ")[1:]:
        name, _, body = part.partition("\n")
        out[name] = base64.b64decode("".join(re.findall(r"^[A-Za-z0-9+/=]{1,76}$", body.split("@file\n")[0], re.M)))
    if ran.returncode or len(out) != 3:
        print(re.sub(r"^[A-Za-z0-9+/=]{70,}$\n?", "", log, flags=re.M)[-4000:])
        sys.exit("the guest failed")
    return out, log.split("@file ")[0]


def lines_of(program, *args):
    return subprocess.run([os.path.join(BIN, program), *args], stdout=subprocess.PIPE,
                          check=True).stdout.decode(errors="replace").splitlines()


def session(trace):
    where = 'proc.name = bash and proc.cmdline contains "attack.sh"'
    found = lines_of("scap", "cat", "-a", "-n", "1", "-f", where, "-p", "*%proc.sid", trace)
    return found[0] if found else sys.exit("the scenario is not in " + trace)


def threads(trace, sid):
    """Of each thread of the session, its events in order: type and parameters."""
    out = collections.defaultdict(list)
    fields = "*%thread.tid\t%evt.type\t%evt.args"
    for line in lines_of("scap", "cat", "-a", "-f", f"proc.sid = {sid}", "-p", fields, trace):
        tid, kind, args = (line.split("\t") + ["", ""])[:3]
        out[tid].append((kind, args))
    return out


def alerts(trace, sid, *rules):
    out = collections.Counter()
    args = [a for r in rules for a in ("-r", r)]
    for line in lines_of("replay", "-q", "-o", "json", *args, "--extra-field=proc.sid", "--extra-field=evt.type",
                         "--extra-field=thread.tid", "--extra-field=fd.name", "--extra-field=proc.cmdline", trace):
        alert = json.loads(line)
        fields = alert["output_fields"]
        if str(fields.get("proc.sid")) == sid:
            out[alert["rule"], *(str(fields.get(f)) for f in ("thread.tid", "evt.type", "fd.name", "proc.cmdline"))] += 1
    return out


def parameters(args):
    """name=value pairs; values hold spaces.  The name behind a pid is what the state knew at that moment."""
    pairs = re.findall(r"(\w+)=(.*?)(?= \w+=|$)", args)
    return {name: re.sub(r"^(\d+)\(.*\)$", r"\1", value) for name, value in pairs}


def different(kind, a, b):
    """Names of the parameters that differ without licence."""
    pa, pb = parameters(a), parameters(b)
    return [n for n in {**pa, **pb} if pa.get(n) != pb.get(n) and (kind, n) not in LICENSE]


def compare(bpf, kmod):
    """How many events were compared, and sentences about those that differ."""
    said, total = [], 0
    for tid in sorted(set(bpf) | set(kmod), key=int):
        a, b = bpf.get(tid, []), kmod.get(tid, [])
        total += len(a)
        if [k for k, _ in a] != [k for k, _ in b]:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x[0] != y[0]), min(len(a), len(b)))
            said.append(f"thread {tid}: {len(a)} events with eBPF, {len(b)} with the module; from {at} on: "
                        f"{a[at:at + 3]} and {b[at:at + 3]}")
            continue
        for (kind, x), (_, y) in zip(a, b):
            names = different(kind, x, y) if x != y else []
            if names:
                said.append(f"thread {tid}, {kind}: {', '.join(names)}: eBPF {x[:300]} module {y[:300]}")
    return total, said


def main():
    for program in ("rec", "replay", "scap"):
        if not os.path.exists(os.path.join(BIN, program)):
            skip(program + " was not built")
    with tempfile.TemporaryDirectory() as work:
        parts, log = record(work)
        for name, data in parts.items():
            with open(os.path.join(work, name), "wb") as f:
                f.write(data)
        traces = [os.path.join(work, d + ".skr") for d in ("bpf", "kmod")]
        steps = sum(l.startswith("step ") for l in parts["ledger"].decode().splitlines())
        if os.environ.get("SAKER_KEEP"):
            for trace in traces:
                shutil.copy(trace, os.environ["SAKER_KEEP"])
        sid = session(traces[0])
        total, said = compare(*(threads(t, sid) for t in traces))
        sets = {"our": [os.path.join(SOURCE, "rules")]}
        falco = sorted(glob.glob(os.path.join(CORPUS, "rules/falco*_rules.yaml")))
        if falco:
            sets["Falco's"] = falco
        raised = {}
        for name, rules in sets.items():
            a, b = (alerts(t, sid, *rules) for t in traces)
            raised[name] = sum(a.values())
            said += [f"alert only with eBPF: {x}" for x in (a - b).elements()]
            said += [f"alert only with the module: {x}" for x in (b - a).elements()]
    for line in said[:40]:
        print(line)
    print(f"FIGURE kmod and eBPF in one guest: {steps} steps, {total} events of the scenario compared, " +
          ", ".join(f"{n} alerts of {name} rules" for name, n in raised.items()) + f", {len(said)} differences")
    if said or steps < LEAST_STEPS or not all(raised.values()):
        if log.strip():
            print(log[-1500:])
        sys.exit(1)


main()
