"""What the kernel knows: exact CPU time, memory, lost datagrams, the machine."""
import os
import platform
import re
import time


def cpu_seconds(pids):
    """CPU time of processes with all their threads, dead ones too, to the nanosecond.

    The kernel's process clock (clock_getcpuclockid(3)), not ticks: a thread that wakes on a 1 ms grid works
    between the ticks and is invisible to them.
    """
    total = 0
    for pid in pids:
        try:
            total += time.clock_gettime_ns((~pid << 3) | 2)
        except OSError:
            pass  # it ended: the caller sees that elsewhere
    return total / 1e9


def threads(pid):
    """{thread name: CPU seconds} of the living threads; a trailing number is cut, namesakes are added up."""
    out = {}
    for task in _list(f"/proc/{pid}/task"):
        try:
            name = re.sub(r"[-_]?\d+$", "", _read(f"/proc/{pid}/task/{task}/comm").strip())
            ran = int(_read(f"/proc/{pid}/task/{task}/schedstat").split()[0]) / 1e9
        except (OSError, IndexError):
            continue
        out[name] = out.get(name, 0) + ran
    return out


def memory_kib(pids):
    """Resident memory. Pages shared by several processes are counted once (Pss): a server made of forks is not charged
    for the same page many times; for a server of one process it is its RSS but for shared libraries."""
    total = 0
    for pid in pids:
        try:
            total += int(re.search(r"^Pss:\s+(\d+)", _read(f"/proc/{pid}/smaps_rollup"), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total


def drops(pids):
    """Datagrams lost in the receive buffers of these processes' own UDP sockets."""
    own = set()
    for pid in pids:
        for fd in _list(f"/proc/{pid}/fd"):
            try:
                link = os.readlink(f"/proc/{pid}/fd/{fd}")
            except OSError:
                continue
            if link.startswith("socket:["):
                own.add(link[8:-1])
    rows = [line.split() for line in _read("/proc/net/udp").splitlines()[1:]]
    return sum(int(row[-1]) for row in rows if row[9] in own)


def datagrams():
    """UDP datagrams delivered on this machine so far, and sent to sockets that had no room or were not there."""
    names, values = [line.split()[1:] for line in _read("/proc/net/snmp").splitlines() if line.startswith("Udp:")]
    count = dict(zip(names, map(int, values)))
    return count["InDatagrams"], count["RcvbufErrors"] + count["NoPorts"]


def busy_seconds():
    """CPU time of everything on this machine (ticks)."""
    fields = list(map(int, _read("/proc/stat").split("\n", 1)[0].split()[1:]))
    return (sum(fields[:8]) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def machine():
    """One line that says what the figures were measured on."""
    model = re.search(r"^model name\s*:\s*(.+)", _read("/proc/cpuinfo"), re.M)
    memory = int(re.search(r"^MemTotal:\s+(\d+)", _read("/proc/meminfo"), re.M).group(1)) // 2**20
    cpu = model.group(1) if model else platform.machine()
    return f"{os.cpu_count()} × {cpu}, {memory} GiB, Linux {platform.release()}"


def _read(path):
    with open(path) as file:
        return file.read()


def _list(path):
    try:
        return os.listdir(path)
    except OSError:
        return []
