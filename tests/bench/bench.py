#!/usr/bin/env python3
"""The benchmark: the same calls through Gudok and through kamailio with rtpengine, in one run on one machine."""
import argparse
import json
import sys
import time
from pathlib import Path

import probe
from row import Load, measure
from servers import Failed, Gudok, Kamailio
from table import print_table

# A row is not to be quoted when other programs took more of a core than this. Percent.
FOREIGN_MAX = 10


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three minutes instead of twenty")
    parser.add_argument("--talk", type=_numbers, help="calls at once with audio, such as 50,100,200")
    parser.add_argument("--signal", type=_numbers, help="calls a second without audio, such as 20,50,100")
    parser.add_argument("--soak", type=int, help="calls in a row of which memory must not grow; 0: none")
    parser.add_argument("--repeat", type=int, help="runs of each talk row; the median counts")
    parser.add_argument("--hold", type=float, help="length of a call with audio, s")
    parser.add_argument("--operators", type=int, default=300, help="operators signed in")
    parser.add_argument("--servers", default="gudok,kamailio", help="which of both")
    parser.add_argument("--gudok", required=True, help="the daemon's binary")
    parser.add_argument("--farm", required=True, help="the desk_farm binary")
    parser.add_argument("--out", type=Path, required=True, help="folder for logs and result.json")
    given = parser.parse_args()
    quick, full = ([50], [20, 100], 3_000, 1, 12), ([50, 100, 200], [20, 50, 100, 150, 200], 20_000, 2, 25)
    for name, value in zip(("talk", "signal", "soak", "repeat", "hold"), quick if given.quick else full):
        if getattr(given, name) is None:
            setattr(given, name, value)
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
        "gudok": lambda: Gudok(out / "gudok", given.gudok, given.farm, given.operators),
        "kamailio": lambda: Kamailio(out / "kamailio"),
    }
    began, rows = time.time(), []
    try:
        servers = [known[name]() for name in given.servers.split(",")]
        for server in servers:
            server.prepare()
        for load, of in loads(given):
            for server in servers:
                if server.name == "gudok" or not of:
                    rows.append(run(server, load, out, given.operators))
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    finally:
        (out / "result.json").write_text(json.dumps({"machine": probe.machine(), "began": began, "rows": rows}, indent=1))
    print_table(rows, began)


def loads(given):
    """(load, whether for Gudok alone). Both servers do a row one after the other, so that they see the same machine."""
    for _ in range(given.repeat):
        for calls in given.talk:
            yield Load.talk(calls, given.hold), False
    for rate in given.signal:
        yield Load.signal(rate, given.seconds), False
    if given.soak:
        yield Load("soak", 100, given.soak, 1), True


def run(server, load, out, operators):
    """One row, with a line about it while one waits for the table."""
    began = time.time()
    row = measure(server, load, out, operators)
    row["took_s"] = round(time.time() - began, 1)
    foreign = row.get("foreign_percent", 0)
    row["quotable"] = row["window_s"] > 0 and foreign <= FOREIGN_MAX
    print(f"  {server.name:18} {load.label:10} {row['invited']} calls, {row['failed']} failed, "
          f"{row.get('cpu_percent', 0):.1f} % of a core, others {foreign:.0f} %, {row['took_s']} s", file=sys.stderr)
    return row


if __name__ == "__main__":
    main()
