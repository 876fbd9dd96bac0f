"""The servers under test: Gudok, kamailio with rtpengine, and SIPp's own UAS. Each starts on loopback and ends by process id."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

# The numbers of the plan: a queue with desks, an answer and nothing else, a queue without anybody.
DIALLED, ANSWERS, WAITS = "78001234567", "78001234568", "78001234569"
PASSWORD = "bench-password"
# Operators of one group.
GROUP_MAX = 500
# Longest start or stop of anything.
PATIENCE = 30


class Failed(Exception):
    """The bench cannot go on; the text says why."""


# Ports for SIP, each handed out once; below the range clients get theirs from.
_ports = iter(range(15060, 32000, 2))


# Numbers of what is put away.
_rows = iter(range(10_000))


def free_port():
    """A UDP port on loopback that nobody else has."""
    for port in _ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("no free port")


def stop(process, patience=PATIENCE):
    """SIGTERM and, when that is ignored, SIGKILL. Only what we started ourselves."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(what, condition):
    """Polls until the condition gives something, and returns it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise Failed(f"{what}: not within {PATIENCE} s")


class Kamailio:
    """kamailio as a stateful proxy, rtpengine relaying in user space: no queue, no desks, no recording."""

    name = "kamailio+rtpengine"
    records = False
    registers = False

    def __init__(self, folder):
        self.folder = folder

    def prepare(self):
        """Nothing lasts from one row to the next."""

    def start(self, phones, _desks):
        """Both daemons; every call goes to the phones' address."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.port, control = free_port(), free_port()
        here = Path(__file__).parent
        config = (here / "kamailio.cfg").read_text()
        for key, value in {"PORT": self.port, "CONTROL": control, "PHONES": phones}.items():
            config = config.replace(f"@{key}@", str(value))
        (self.folder / "kamailio.cfg").write_text(config)
        self.relay = self._spawn("rtpengine", [
            "rtpengine", "--foreground", "--table=-1", "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{control}",
            "--port-min=40000", "--port-max=59999", "--log-level=3", "--log-stderr", f"--num-threads={os.cpu_count()}",
            f"--pidfile={self.folder}/rtpengine.pid"])
        self.proxy = self._spawn("kamailio", [
            "kamailio", "-f", f"{self.folder}/kamailio.cfg", "-DD", "-E", "-m", "64", "-M", "8",
            "-P", f"{self.folder}/kamailio.pid"])
        wait_for("kamailio", lambda: _bound(self.port) and _bound(control))
        time.sleep(1)  # its children have begun to read
        children = Path(f"/proc/{self.proxy.pid}/task/{self.proxy.pid}/children").read_text().split()
        self.pids = [self.relay.pid, self.proxy.pid, *map(int, children)]
        return f"127.0.0.1:{self.port}"

    def open_desks(self, count):
        """A proxy has none."""

    def close_desks(self):
        """A proxy has none."""
        return {}

    def stop(self):
        """Both."""
        for process in (self.proxy, self.relay):
            stop(process, 5)

    def _spawn(self, name, command):
        log = open(self.folder / f"{name}.log", "w")
        return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


class SippUas:
    """SIPp's built-in `uas`: answers, and waits for the BYE. The least that a program can do for a call."""

    name = "sipp-uas"
    records = False
    registers = False

    def __init__(self, folder):
        self.folder = folder

    def prepare(self):
        """Nothing lasts from one row to the next."""

    def start(self, _phones, _desks):
        """One process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        with open(self.folder / "sipp.out", "w") as out:
            self.process = subprocess.Popen(
                ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-nostdin"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wait_for("sipp", lambda: _bound(port))
        self.pids = [self.process.pid]
        return f"127.0.0.1:{port}"

    def open_desks(self, count):
        """It has none."""

    def stop(self):
        """SIPp ends at once only when it is killed."""
        self.process.kill()
        self.process.wait()


class Gudok:
    """The daemon as it is shipped: queue, acknowledged pop, journal, database, recording from the answer on."""

    name = "gudok"
    records = True
    registers = True

    def __init__(self, folder, binary, farm, operators):
        self.folder, self.binary, self.farm, self.operators = folder, binary, farm, operators
        self.desks = None

    def prepare(self):
        """Writes the configuration and the plan and adds the operators, once."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "dialplans").mkdir(parents=True)
        here = Path(__file__).parent
        self._plan(self.operators)
        (self.folder / "gudok.toml").write_text((here / "gudok.toml").read_text())
        (self.folder / "password").write_text(PASSWORD)
        self._verb("check")
        for name in self.names():
            self._verb("operators", "add", name, "--name", name, "--password-file", "password")
        shutil.copytree(self.folder / "var", self.folder / "template")

    def names(self):
        """The operators."""
        return [f"op{number:03}" for number in range(1, self.operators + 1)]

    def _plan(self, operators):
        """The plan with so many of them in its queue; those whom a group does not hold are in one of their own."""
        names = [f'"{name}"' for name in self.names()[:operators]]
        ours, others = ", ".join(names[:GROUP_MAX]), ", ".join(names[GROUP_MAX:])
        plan = (Path(__file__).parent / "8800.toml").read_text().replace('"@OPERATORS@"', ours)
        if others:
            plan += f'\n[group.others]\noperators = [{others}]\nstrategy = "longest_idle"\nring = "20s"\nwrap_up = "0s"\n'
        (self.folder / "dialplans" / "8800.toml").write_text(plan)

    def start(self, _phones, desks):
        """A new daemon with an empty record of calls, and a plan for as many operators as there will be desks."""
        self._put_away()
        self._plan(max(1, desks))
        self.desks = None
        shutil.copytree(self.folder / "template", self.folder / "var")
        log = open(self.folder / "gudok.log", "w")
        self.daemon = subprocess.Popen([self.binary, "serve", "--config", "gudok.toml"], cwd=self.folder,
                                       stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True)
        line = self.daemon.stdout.readline()
        if "gudok ready" not in line:
            raise Failed(f"gudok does not start:\n{(self.folder / 'gudok.log').read_text()[-3000:]}")
        self.address = dict(re.findall(r"(\w+)=(\S+)", line))
        self.pids = [self.daemon.pid]
        return self.address["sip"]

    def _put_away(self):
        """What the last row left. Not deleted: ext4 looks for a free inode among those just deleted for seconds, and
        the row would be charged for it."""
        for name in ("var", "recordings"):
            if (left := self.folder / name).exists():
                left.rename(self.folder / f"{name}-{next(_rows)}")

    def open_desks(self, count):
        """Signs the operators in; returns when the queue counts all of them as ready."""
        command = [self.farm, self.address["web"], self.address["cti"], "op", str(count), PASSWORD]
        self.desks = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.desks.stdout.readline().startswith("ready"):
            raise Failed("the desks did not open")

    def close_desks(self):
        """{"cards": acknowledged, "lost": connections lost}."""
        self.desks.stdin.close()
        line = self.desks.stdout.readline()
        stop(self.desks)
        return json.loads(line or "{}")

    def stop(self):
        """Desks first, then the daemon, which ends its calls."""
        if self.desks:
            stop(self.desks)
        stop(self.daemon)
        if self.daemon.returncode:
            raise Failed(f"gudok ended with {self.daemon.returncode}: see {self.folder}/gudok.log")

    def metrics(self):
        """{name{labels}: value} of its metrics page."""
        with urllib.request.urlopen(f"http://{self.address['web']}/metrics", timeout=PATIENCE) as page:
            lines = page.read().decode().splitlines()
        rows = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def recordings(self):
        """Where they are."""
        return self.folder / "recordings"

    def _verb(self, *arguments):
        done = subprocess.run([self.binary, *arguments, "--config", "gudok.toml"], cwd=self.folder, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"gudok {' '.join(arguments)}: {done.stderr or done.stdout}")


def _bound(port):
    """Whether some UDP socket has this port on loopback."""
    return f"0100007F:{port:04X}" in Path("/proc/net/udp").read_text()
