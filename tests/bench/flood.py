"""Strangers who send as fast as the design fears: what it costs to refuse a message of theirs."""
import socket
import time

import probe

# Messages a second, and an address that is nobody's.
RATE, FROM = 20_000, "127.0.0.66"
# Sent in one go.
BURST = 20
# Another program took more of a core than this: not to be quoted. Percent.
FOREIGN_MAX = 10


def measure(server, seconds):
    """REGISTER, OPTIONS and INVITE in turn; returns the row."""
    target = server.start("", 0)
    try:
        time.sleep(1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind((FROM, 0))
            return _row(server, *_send(stranger, target, server.pids, seconds))
    finally:
        server.stop()


def _send(stranger, target, pids, seconds):
    """Sends; (messages, seconds, CPU of the server, CPU of all, memory before and at the end)."""
    host, port = target.rsplit(":", 1)
    stranger.connect((host, int(port)))
    messages = [_message(method, target, stranger) for method in ("REGISTER", "OPTIONS", "INVITE")]
    began, cpu, busy, own = time.time(), probe.cpu_seconds(pids), probe.busy_seconds(), time.process_time()
    before, sent = probe.memory_kib(pids), 0
    while (elapsed := time.time() - began) < seconds:
        for _ in range(min(BURST, int(elapsed * RATE) - sent)):
            try:
                stranger.send(messages[sent % len(messages)])
            except ConnectionRefusedError:
                pass
            sent += 1
        if sent >= int(elapsed * RATE):
            time.sleep(0.0005)
    took = time.time() - began
    time.sleep(0.5)
    cpu, own = probe.cpu_seconds(pids) - cpu, time.process_time() - own
    return sent, took, cpu, probe.busy_seconds() - busy - cpu - own, before, probe.memory_kib(pids)


def _row(server, sent, took, cpu, foreign, before, after):
    unread = server.metrics().get('gudok_sip_unread_total{whose="strangers"}', 0)
    return {"label": "flood", "server": server.name, "invited": 0, "failed": 0, "drops": probe.drops(server.pids),
            "quotable": 100 * foreign / took <= FOREIGN_MAX, "messages": sent, "messages_s": sent / took,
            "unread": unread, "cpu_us_per_message": 1e6 * cpu / sent, "grown_kib": after - before}


def _message(method, target, stranger):
    own = "%s:%d" % stranger.getsockname()
    return (f"{method} sip:101@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKflood{method};rport\r\n"
            f"From: <sip:101@{target}>;tag=f\r\nTo: <sip:101@{target}>\r\nCall-ID: flood-{method}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:101@{own}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()
