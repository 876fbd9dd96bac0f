"""The figures beside the peer's, their ratio and the target."""
import statistics
import time

import probe

PEER, SIPP, OURS = "kamailio+rtpengine", "SIPp's own UAS", "gudok"


def print_table(rows, began):
    """Everything on standard output, as Markdown."""
    print("# Gudok beside its peers\n")
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(began))}, {probe.machine()}\n")
    print(f"| what | gudok | {PEER} | ratio | target |\n|---|---|---|---|---|")
    for what, ours, peer, target in _lines(rows):
        ratio = ours / peer if isinstance(ours, float) and isinstance(peer, float) and peer else None
        shown = f"{ratio:.2f}" if ratio is not None else "–"
        print(f"| {what} | {_show(ours)} | {_show(peer)} | {shown} | {_verdict(ours, ratio, target)} |")
    for note in _notes(rows):
        print(f"\n{note}")


def _lines(rows):
    """(what, ours, the peer's, highest or lowest that meets the target)."""
    talks = _labels(rows, "talk-")
    for label in talks:
        what = f"CPU of a bridged call, {label[5:]} at once, % of a core"
        yield what, *_both(rows, label, "core_percent_per_call"), ("≤", 0.12)
    for label in talks:
        what = f"… with set-up, teardown and the finished recording, {label[5:]} at once"
        yield what, *_both(rows, label, "core_percent_per_call_whole"), None
    for label in _labels(rows, "signal-"):
        rate = label[7:]
        yield f"CPU of a call without audio, {rate} calls/s, ms", *_both(rows, label, "cpu_ms_per_call"), ("≤", 0.8)
    for label in _labels(rows, "signal-"):
        rate = label[7:]
        for q in ("p50", "p99"):
            target = ("≤", 10.0)
            yield f"INVITE → operator's INVITE, {q}, {rate} calls/s, ms", *_both(rows, label, "phone_ms", q), target
        for q in ("p50", "p99"):
            target = ("≤", 2.0) if (q, rate) == ("p99", "100") else None
            yield f"INVITE → 200, {q}, {rate} calls/s, ms", *_both(rows, label, "answer_ms", q), target
    yield from _flatness(rows)
    yield from _bare(rows)
    yield from _refusal(rows)
    if _labels(rows, "signal-"):
        yield "most calls/s without a failed call (of those tried)", _best(rows, OURS), _best(rows, PEER), None
    yield from _memory(rows)
    for label in talks[-1:]:
        what = f"memory of a call, {label[5:]} at once, KiB"
        yield what, *_both(rows, label, "memory_per_call_kib"), ("≤", 120.0)
    for label in _labels(rows, "soak") + _labels(rows, "many-"):
        load = "at 100 calls/s" if label == "soak" else "that were only answered"
        quarter, end, rest = (_both(rows, label, f"memory_{at}_kib")[0] for at in ("quarter", "end", "rest"))
        calls = max(row["invited"] for row in rows if row["label"] == label)
        yield f"memory after {calls // 4} calls {load}, MiB", quarter / 1024, None, None
        yield f"memory after {calls} calls {load}, MiB", end / 1024, None, ("≤", round(quarter / 1024 * 1.05, 1))
        yield f"memory after {calls} calls, at rest, MiB", rest / 1024, None, None


def _flatness(rows):
    """Is a call as dear at a high rate, and among many operators, as at a low one among few?"""
    costs = [_both(rows, label, "cpu_ms_per_call")[0] for label in _labels(rows, "signal-")]
    if len(costs) > 1 and None not in costs:
        rates = [label[7:] for label in _labels(rows, "signal-")]
        yield f"CPU of a call, {rates[-1]} calls/s over {rates[0]}", costs[-1] / costs[0], None, ("≤", 1.2)
    staff = _labels(rows, "staff-")
    for label in staff:
        what = f"CPU of a call, {label[6:]} operators, 20 calls/s, ms"
        yield what, *_both(rows, label, "cpu_ms_per_call_beyond_idle"), None
        yield f"… and when nobody calls, {label[6:]} operators, % of a core", *_both(rows, label, "idle_percent"), None
    costs = [_both(rows, label, "cpu_ms_per_call_beyond_idle")[0] for label in staff]
    if len(costs) > 1 and None not in costs:
        yield f"CPU of a call, {staff[-1][6:]} operators over {staff[0][6:]}", costs[-1] / costs[0], None, ("≤", 1.2)


def _bare(rows):
    """What is only answered; the peer is SIPp's own UAS."""
    for label in _labels(rows, "bare-"):
        what = f"CPU of a call that is only answered, {label[5:]} calls/s, ms (peer: {SIPP})"
        yield what, *_both(rows, label, "cpu_ms_per_call_steady"), ("×", 2.0)
        what = f"… INVITE → 200, p99, ms (peer: {SIPP})"
        yield what, *_both(rows, label, "answer_ms", "p99"), None


def _refusal(rows):
    for row in (row for row in rows if row["label"] == "flood"):
        what = f"CPU of refusing a stranger's message, {row['messages_s']:.0f} of them a second, µs"
        yield what, row["cpu_us_per_message"], None, None
        yield "… of which were dropped unread, %", 100 * row["unread"] / row["messages"], None, None
        yield "… memory more after it, MiB", row["grown_kib"] / 1024, None, ("≤", 64.0)


def _memory(rows):
    for label in _labels(rows, "held-"):
        what = f"memory of a caller who waits (dialog, ports, music), {label[5:]} at once, KiB"
        yield what, *_both(rows, label, "memory_per_call_kib"), None
    for label in _labels(rows, "window-"):
        what = f"memory of a call in the 32 s after it, {label[7:]} calls/s, bytes"
        yield what, *_both(rows, label, "memory_window_bytes"), ("≤", 3000.0)


def _labels(rows, prefix):
    """Labels in the order they were run, once each."""
    return list(dict.fromkeys(row["label"] for row in rows if row["label"].startswith(prefix)))


def _both(rows, label, key, inner=None):
    """The median of our rows and of the peer's."""
    def median(server):
        values = [row.get(key) for row in rows if row["label"] == label and (row["server"] == OURS) == (server == OURS)]
        values = [(value or {}).get(inner) if inner else value for value in values]
        values = [value for value in values if value is not None]
        return float(statistics.median(values)) if values else None
    return median(OURS), median(PEER)


def _best(rows, server):
    """The highest rate below which no call failed."""
    best = None
    for row in sorted((r for r in rows if r["server"] == server and r["label"].startswith("signal-")),
                      key=lambda row: int(row["label"][7:])):
        if row["failed"]:
            break
        best = float(row["label"][7:])
    return best


def _show(value):
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _verdict(value, ratio, target):
    """`≤` is asked of our figure, `×` of its ratio to the peer's."""
    if target is None:
        return "–"
    sign, limit = target
    asked = ratio if sign == "×" else value
    shown = f"≤ {limit:g}{' × the peer' if sign == '×' else ''}"
    return f"{shown} {'met' if asked is not None and asked <= limit else 'MISSED'}"


def _notes(rows):
    """What a reader must know before quoting a figure."""
    loud = [f"{row['server']} {row['label']}" for row in rows if not row["quotable"]]
    if loud:
        yield f"NOT TO BE QUOTED, other programs were at work or no steady window: {', '.join(loud)}."
    for row in rows:
        name = f"{row['server']} {row['label']}"
        if row["failed"]:
            yield f"{name}: {row['failed']} of {row['invited']} calls failed."
        if row["drops"]:
            yield f"{name}: {row['drops']} datagrams were lost in the server's own sockets."
        if row.get("recordings", {}).get("bad"):
            yield f"{name}: recordings are not right: {'; '.join(row['recordings']['why'])}."
        if row.get("alarms"):
            yield f"{name}: alarms {row['alarms']}."
        if "desks" in row and row["desks"].get("cards", 0) < row["invited"] - row["failed"]:
            yield f"{name}: only {row['desks'].get('cards')} cards were acknowledged."
    for row in rows:
        if row.get("threads") and row["server"] == OURS:
            shares = ", ".join(f"{thread} {share}" for thread, share in row["threads"].items())
            yield f"{row['label']}: threads in % of a core: {shares}."
