"""One row: a server, phones, desks and callers; a steady window; what came out of it."""
import time
from dataclasses import dataclass

import probe
import recordings
from generator import Generator
from servers import ANSWERS, DIALLED, WAITS

# Between two looks at the processes.
LOOK_EVERY = 0.25
# How long one listens to a server that has nothing to do.
IDLE = 2.0
# After the last call: recordings are being finished.
SETTLE = 3.0
# A call is remembered for so long after it (RFC 3261, timers B and H).
WINDOW = 32
# Memory, threads and sockets are looked at less often: that costs more.
LOOKS_PER_DEEP_LOOK = 4


@dataclass
class Load:
    """What is asked of the server."""

    label: str
    rate: float          # calls begun a second
    calls: int           # in all
    hold: float          # s from answer to the caller's BYE
    desks: int = 0       # operators signed in; none: nobody is called
    dialled: str = DIALLED
    media: bool = False  # RTP both ways
    most: int = 4000     # calls at once

    @staticmethod
    def talk(calls, hold, desks):
        """So many calls at once with audio both ways, recorded where the server can."""
        return Load(f"talk-{calls}", 20, calls, hold, desks, media=True, most=calls)

    @staticmethod
    def signal(rate, seconds, desks):
        """So many calls a second without audio, each held for a second."""
        return Load(f"signal-{rate}", rate, int(rate * seconds), 1, desks)

    @staticmethod
    def staff(desks, seconds):
        """The same few calls, so short that ten operators can take them, with so many operators signed in."""
        return Load(f"staff-{desks}", 20, 20 * seconds, 0.25, desks)

    @staticmethod
    def bare(rate, seconds):
        """So many calls a second that are answered, and hung up at once by the caller."""
        return Load(f"bare-{rate}", rate, rate * seconds, 0, dialled=ANSWERS)

    @staticmethod
    def held(calls):
        """So many callers at once who wait, and hear music."""
        return Load(f"held-{calls}", 100, calls, calls / 100 + 4, dialled=WAITS)

    @staticmethod
    def window(rate):
        """Bare calls until as many are remembered as ever are."""
        return Load(f"window-{rate}", rate, rate * (WINDOW + 8), 0, dialled=ANSWERS)

    @staticmethod
    def many(calls, rate):
        """Bare calls, as many as one likes."""
        return Load(f"many-{calls}", rate, calls, 0, dialled=ANSWERS)


@dataclass
class Look:
    """The processes at one moment."""

    at: float
    cpu: float
    generator: float
    busy: float
    delivered: int
    undelivered: int

    @staticmethod
    def now(server, generator):
        """Takes it."""
        return Look(time.time(), probe.cpu_seconds(server.pids), probe.cpu_seconds(generator.pids()),
                    probe.busy_seconds(), *probe.datagrams())


def measure(server, load, folder):
    """Runs the row; returns its figures."""
    generator = Generator(folder / f"{server.name}-{load.label}", load.media)
    target = server.start(generator.phones_address, load.desks)
    try:
        if load.desks:
            if server.registers:
                generator.register(target, server.names()[:load.desks])
            generator.open_phones(target)
            server.open_desks(load.desks)
        time.sleep(1)
        idle = _idle(server)
        return _without_idle(_calls(server, load, generator, target), idle)
    finally:
        generator.close()
        server.stop()


def _idle(server):
    """What it takes when nobody calls. Percent of a core."""
    began, before = time.time(), probe.cpu_seconds(server.pids)
    time.sleep(IDLE)
    return 100 * (probe.cpu_seconds(server.pids) - before) / (time.time() - began)


def _without_idle(figures, idle):
    """With the cost of a call beyond what the server takes when nobody calls."""
    figures["idle_percent"] = idle
    if "cpu_ms_per_call" in figures:
        at_rest = 10 * idle * figures["row_s"] / figures["whole"]
        figures["cpu_ms_per_call_beyond_idle"] = figures["cpu_ms_per_call"] - at_rest
    return figures


def _calls(server, load, generator, target):
    looks, memory, threads, drops = [Look.now(server, generator)], [_memory(server)], [], 0
    generator.call(target, load)
    while generator.is_calling():
        time.sleep(LOOK_EVERY)
        looks.append(Look.now(server, generator))
        if len(looks) % LOOKS_PER_DEEP_LOOK == 0:
            memory.append(_memory(server))
            threads.append((time.time(), probe.threads(server.pids[0])))
            drops = max(drops, probe.drops(server.pids))
    time.sleep(SETTLE)
    looks.append(Look.now(server, generator))
    times = generator.times()
    figures = _figures(load, times, looks)
    figures.update(label=load.label, server=server.name, generator_rc=generator.callers.returncode, drops=drops)
    figures.update(_memory_figures(load, memory, times, figures["most_at_once"]), memory_rest_kib=_memory(server)[1])
    figures.update(threads=_threads(threads, figures), **_server_says(server, load, figures["invited"]))
    return figures


def _memory(server):
    return time.time(), probe.memory_kib(server.pids)


def _memory_figures(load, memory, times, most_at_once):
    """What calls take at once, and what many calls leave behind: the growth after the first quarter of them."""
    before, peak = memory[0][1], max(kib for _, kib in memory)
    figures = {"memory_before_kib": before, "memory_peak_kib": peak,
               "memory_per_call_kib": (peak - before) / max(1, most_at_once)}
    begun = sorted(times["INV"].values())
    if begun:
        at = lambda moment: next((kib for seen, kib in memory if seen >= moment), memory[-1][1])
        figures.update(memory_quarter_kib=at(begun[len(begun) // 4]), memory_end_kib=at(begun[-1]))
        # From the second second on, when everything has been used once, to the end of the window.
        seconds = min(WINDOW, begun[-1] - begun[0] - 2)
        if seconds > 1:
            grown = at(begun[0] + 2 + seconds) - at(begun[0] + 2)
            figures["memory_window_bytes"] = 1024 * grown / (load.rate * seconds)
    return figures


def _server_says(server, load, calls):
    """What the server itself knows, as a cross-check of the generator."""
    if not server.registers:
        return {}
    metrics = server.metrics()
    said = {"alarms": {name: value for name, value in metrics.items() if name.startswith("gudok_alarms_total")},
            "outcomes": {name: value for name, value in metrics.items() if name.startswith("gudok_calls_ended_total")},
            "pops": {name: value for name, value in metrics.items() if name.startswith("gudok_pop_seconds")}}
    if load.desks:
        said["desks"] = server.close_desks()
    if load.media:
        said["recordings"] = recordings.check(server.recordings(), calls, load.hold)
    return said


def _figures(load, times, looks):
    invited, answered, ended = times["INV"], times["ANS"], times["END"]
    at_phone, confirmed = times["PINV"], times["PACK"]
    whole = [caller for caller in ended if caller in confirmed or not load.desks]
    figures = {
        "invited": len(invited), "failed": load.calls - len(whole),
        "answer_ms": _spread(invited, answered), "phone_ms": _spread(invited, at_phone),
        "most_at_once": _most_at_once(answered, ended),
        "window_s": 0,
    }
    if not whole:
        return figures
    if load.media:
        begin = max(max(answered.values()), max(confirmed.values())) + 1.5
        end = min(ended.values()) - 0.3
    else:
        begin, end = min(invited.values()) + 1.5, max(invited.values())
    x, y = _look_at(looks, begin), _look_at(looks, end)
    span = y.at - x.at
    if span < 1:
        return figures
    cpu, generated = y.cpu - x.cpu, y.generator - x.generator
    figures.update(window=(x.at, y.at), window_s=span, cpu_percent=100 * cpu / span,
                   generator_percent=100 * generated / span,
                   foreign_percent=100 * (y.busy - x.busy - cpu - generated) / span,
                   datagrams_s=(y.delivered + y.undelivered - x.delivered - x.undelivered) / span)
    talked = sum(ended[caller] - answered[caller] for caller in whole)
    figures["core_percent_per_call"] = figures["cpu_percent"] / len(whole)
    # Everything the row cost, set-up and finishing the recordings included, over the time people talked.
    figures["core_percent_per_call_whole"] = 100 * (looks[-1].cpu - looks[0].cpu) / talked
    # Of all calls, to the last finished recording and database row.
    figures["cpu_ms_per_call"] = 1000 * (looks[-1].cpu - looks[0].cpu) / len(whole)
    figures.update(whole=len(whole), row_s=looks[-1].at - looks[0].at)
    figures["calls_s"] = sum(x.at <= at <= y.at for at in invited.values()) / span
    # While calls come all the time: what a server does that waits for them is not in it.
    figures["cpu_ms_per_call_steady"] = 1000 * cpu / span / max(1, figures["calls_s"])
    return figures


def _threads(samples, figures):
    """{thread: percent of a core in the window}, the busiest first."""
    begin, end = figures.get("window", (0, 0))
    inside = [ran for at, ran in samples if begin <= at <= end]
    if len(inside) < 2:
        return {}
    seconds = [at for at, _ in samples if begin <= at <= end]
    span = seconds[-1] - seconds[0]
    shares = {name: round(100 * (ran - inside[0].get(name, 0)) / span, 2) for name, ran in inside[-1].items()}
    return dict(sorted(shares.items(), key=lambda item: -item[1])[:8])


def _spread(begin, end):
    """{p50, p99, max} in ms of the callers that have both moments."""
    values = sorted(1000 * (at - begin[caller]) for caller, at in end.items() if caller in begin)
    pick = lambda q: round(values[min(len(values) - 1, int(q * len(values)))], 2)
    return {"p50": pick(0.5), "p99": pick(0.99), "max": pick(1)} if values else {}


def _most_at_once(begin, end):
    """The most calls that were up at one moment."""
    steps = sorted([(at, 1) for at in begin.values()] + [(at, -1) for at in end.values()])
    most = up = 0
    for _, step in steps:
        up += step
        most = max(most, up)
    return most


def _look_at(looks, moment):
    """The first look at or after a moment."""
    return next((look for look in looks if look.at >= moment), looks[-1])
