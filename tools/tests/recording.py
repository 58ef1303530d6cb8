"""rec as the tests of whole recordings use it: started, ready when it says so, stopped, its losses known."""
import os, signal, socket, subprocess, sys, time

from programs import BIN, skip

READY_S = 60


def needs(*programs):
    """Root, and these programs."""
    if os.geteuid() != 0:
        skip("recording needs root")
    for program in (os.path.join(BIN, "rec"), *programs):
        if not os.path.exists(program):
            skip(program + " was not built")


class Recording:
    """rec with these arguments, in a folder of its own for its log; alerts go to .live."""

    def __init__(self, work, *args):
        self.trace, self.live, self.log = (os.path.join(work, n) for n in ("t.skr", "live", "log"))
        where = os.path.join(work, "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(where)
        self.notify.settimeout(0.1)
        with open(self.live, "wb") as out, open(self.log, "wb") as err:
            self.rec = subprocess.Popen([os.path.join(BIN, "rec"), "--buffer=64M", "-o", self.trace, *args],
                                        stdout=out, stderr=err, env={**os.environ, "NOTIFY_SOCKET": where})

    def ready(self):
        """Wait until the host was scanned and events flow."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.rec.poll() is None:
            try:
                if b"READY=1" in self.notify.recv(4096):
                    return
            except socket.timeout:
                pass
        if self.rec.poll() is None:
            self.rec.kill()
        skip("rec: " + self.said().strip()[-300:])

    def stop(self):
        self.rec.send_signal(signal.SIGINT)
        try:
            self.rec.wait(120)
        except subprocess.TimeoutExpired:
            self.rec.kill()
            sys.exit("rec does not stop")

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def lost(self):
        return ", 0 lost," not in self.said()
