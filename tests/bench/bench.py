#!/usr/bin/env python3
"""The benchmark: the same calls through Gudok and through its peers, in one run on one machine."""
import argparse
import json
import sys
import time
from pathlib import Path

import flood
import probe
from row import Load, measure
from servers import Failed, Gudok, Kamailio, SippUas
from table import print_table

# A row is not to be quoted when other programs took more of a core than this. Percent.
FOREIGN_MAX = 10


# What is run when the command line does not say it: all of it, and with --quick.
SIZES = {
    "talk": ([50, 100, 200], [50]),
    "signal": ([20, 50, 100, 200, 300], [20, 100]),
    "staff": ([10, 100, 400, 1000], [10, 100]),
    "bare": ([100, 300], [100]),
    "flood": (10, 3),
    "held": (1000, 200),
    "window": (200, 50),
    "soak": (20_000, 3_000),
    "repeat": (2, 1),
    "hold": (25, 12),
}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="five minutes instead of twenty-five")
    parser.add_argument("--talk", type=_numbers, help="calls at once with audio, such as 50,100,200")
    parser.add_argument("--signal", type=_numbers, help="calls a second without audio, such as 20,50,100")
    parser.add_argument("--staff", type=_numbers, help="operators signed in, at 20 short calls a second, such as 10,1000")
    parser.add_argument("--bare", type=_numbers, help="calls a second that are only answered, beside SIPp's own UAS")
    parser.add_argument("--flood", type=int, help="seconds of 20 000 messages a second from strangers; 0: none")
    parser.add_argument("--held", type=int, help="callers at once who wait: memory of a dialog; 0: none")
    parser.add_argument("--window", type=int, help="calls a second for 40 s: memory of a call that is over; 0: none")
    parser.add_argument("--many", type=int, default=0, help="calls that are only answered, of which memory must not grow")
    parser.add_argument("--many-rate", type=int, default=300, help="how many of them a second")
    parser.add_argument("--soak", type=int, help="calls in a row of which memory must not grow; 0: none")
    parser.add_argument("--repeat", type=int, help="runs of each talk row; the median counts")
    parser.add_argument("--hold", type=float, help="length of a call with audio, s")
    parser.add_argument("--operators", type=int, default=300, help="operators signed in elsewhere")
    parser.add_argument("--servers", default="gudok,kamailio,sipp", help="which of them")
    parser.add_argument("--gudok", required=True, help="the daemon's binary")
    parser.add_argument("--farm", required=True, help="the desk_farm binary")
    parser.add_argument("--out", type=Path, required=True, help="folder for logs and result.json")
    given = parser.parse_args()
    for name, (full, quick) in SIZES.items():
        if getattr(given, name) is None:
            setattr(given, name, quick if given.quick else full)
    given.seconds = 8 if given.quick else 15
    return given


def _numbers(text):
    return [int(part) for part in text.split(",") if part]


def main():
    """Runs every row, prints the table."""
    given = arguments()
    out = given.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    known = {
        "gudok": lambda: Gudok(out / "gudok", given.gudok, given.farm, max([given.operators, *given.staff])),
        "kamailio": lambda: Kamailio(out / "kamailio"),
        "sipp": lambda: SippUas(out / "sipp"),
    }
    began, rows = time.time(), []
    try:
        servers = {name: known[name]() for name in given.servers.split(",")}
        for server in servers.values():
            server.prepare()
        for load, names in loads(given):
            for name in names:
                if name in servers:
                    rows.append(run(servers[name], load, out))
        if given.flood and "gudok" in servers:
            rows.append(flood.measure(servers["gudok"], given.flood))
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    finally:
        (out / "result.json").write_text(json.dumps({"machine": probe.machine(), "began": began, "rows": rows}, indent=1))
    print_table(rows, began)


def loads(given):
    """(load, whose). Servers do a row one after the other, so that they see the same machine."""
    both, alone = ("gudok", "kamailio"), ("gudok",)
    for _ in range(given.repeat):
        for calls in given.talk:
            yield Load.talk(calls, given.hold, given.operators), both
    for rate in given.signal:
        yield Load.signal(rate, given.seconds, given.operators), both
    for desks in given.staff:
        yield Load.staff(desks, given.seconds), alone
    for rate in given.bare:
        yield Load.bare(rate, given.seconds), ("gudok", "sipp")
    if given.held:
        yield Load.held(given.held), alone
    if given.window:
        yield Load.window(given.window), alone
    if given.soak:
        yield Load("soak", 100, given.soak, 1, given.operators), alone
    if given.many:
        yield Load.many(given.many, given.many_rate), alone


def run(server, load, out):
    """One row, with a line about it while one waits for the table."""
    began = time.time()
    row = measure(server, load, out)
    row["took_s"] = round(time.time() - began, 1)
    foreign = row.get("foreign_percent", 0)
    row["quotable"] = row["window_s"] > 0 and foreign <= FOREIGN_MAX
    print(f"  {server.name:18} {load.label:10} {row['invited']} calls, {row['failed']} failed, "
          f"{row.get('cpu_percent', 0):.1f} % of a core, others {foreign:.0f} %, {row['took_s']} s", file=sys.stderr)
    return row


if __name__ == "__main__":
    main()
