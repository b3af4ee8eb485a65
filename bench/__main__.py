"""`make bench`: run every measurement and print its ratio, its floor, and whether it is met."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bench import action_files, importing, pages, permits, rules
from bench.ground import bench_ground
from bench.result import Result

MEASUREMENTS: dict[str, Callable[..., list[Result]]] = {
    "actions": action_files.measure,
    "import": importing.measure,
    "pages": pages.measure,
    "permits": permits.measure,
    "rules": rules.measure,
}


def main() -> None:
    """Run the chosen measurements; exit with 1 when one misses its floor."""
    cli = argparse.ArgumentParser(prog="make bench", description=__doc__)
    cli.add_argument("names", nargs="*", help=f"which of: {', '.join(MEASUREMENTS)}")
    cli.add_argument("--rounds", type=int, default=3)
    args = cli.parse_args()
    unknown = set(args.names) - MEASUREMENTS.keys()
    if unknown:
        cli.error(f"no such measurement: {', '.join(sorted(unknown))}")
    missed = 0
    with bench_ground() as ground:
        for name, measure in MEASUREMENTS.items():
            if args.names and name not in args.names:
                continue
            for result in measure(ground, rounds=args.rounds):
                print(result.line(), flush=True)
                missed += not result.is_met
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
