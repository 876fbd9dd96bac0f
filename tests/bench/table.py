"""The figures beside the peer's, their ratio and the target."""
import statistics
import time

import probe

PEER, OURS = "kamailio+rtpengine", "gudok"


def print_table(rows, began):
    """Everything on standard output, as Markdown."""
    print(f"# Gudok beside {PEER}\n")
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(began))}, {probe.machine()}\n")
    print(f"| what | gudok | {PEER} | ratio | target |\n|---|---|---|---|---|")
    for what, ours, peer, target in _lines(rows):
        ratio = f"{ours / peer:.2f}" if isinstance(ours, float) and isinstance(peer, float) and peer else "–"
        print(f"| {what} | {_show(ours)} | {_show(peer)} | {ratio} | {_verdict(ours, target)} |")
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
        yield f"CPU of a call without audio, {rate} calls/s, ms", *_both(rows, label, "cpu_ms_per_call"), ("≤", 1.5)
    for label in _labels(rows, "signal-"):
        rate = label[7:]
        for q in ("p50", "p99"):
            target = ("≤", 10.0)
            yield f"INVITE → operator's INVITE, {q}, {rate} calls/s, ms", *_both(rows, label, "phone_ms", q), target
        for q in ("p50", "p99"):
            yield f"INVITE → 200, {q}, {rate} calls/s, ms", *_both(rows, label, "answer_ms", q), None
    if _labels(rows, "signal-"):
        yield "most calls/s without a failed call (of those tried)", _best(rows, OURS), _best(rows, PEER), None
    for label in talks[-1:]:
        what = f"memory of a call, {label[5:]} at once, KiB"
        yield what, *_both(rows, label, "memory_per_call_kib"), ("≤", 120.0)
    for label in _labels(rows, "soak"):
        quarter, end, rest = (_both(rows, label, f"memory_{at}_kib")[0] for at in ("quarter", "end", "rest"))
        calls = max(row["invited"] for row in rows if row["label"] == label)
        yield f"memory after {calls // 4} calls, at 100 calls/s, MiB", quarter / 1024, None, None
        yield f"memory after {calls} calls, at 100 calls/s, MiB", end / 1024, None, ("≤", round(quarter / 1024 * 1.05, 1))
        yield f"memory after {calls} calls, at rest, MiB", rest / 1024, None, None


def _labels(rows, prefix):
    """Labels in the order they were run, once each."""
    return list(dict.fromkeys(row["label"] for row in rows if row["label"].startswith(prefix)))


def _both(rows, label, key, inner=None):
    """The median of our rows and of the peer's."""
    def median(server):
        values = [row.get(key) for row in rows if row["label"] == label and row["server"] == server]
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


def _verdict(value, target):
    if target is None:
        return "–"
    sign, limit = target
    return f"{sign} {limit:g} {'met' if value is not None and value <= limit else 'MISSED'}"


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
        if row["server"] == OURS and row["desks"].get("cards", 0) < row["invited"] - row["failed"]:
            yield f"{name}: only {row['desks'].get('cards')} cards were acknowledged."
    for row in rows:
        if row.get("threads") and row["server"] == OURS:
            shares = ", ".join(f"{thread} {share}" for thread, share in row["threads"].items())
            yield f"{row['label']}: threads in % of a core: {shares}."
