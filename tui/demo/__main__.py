"""`python -m tui.demo [--pace human|instant]`: the stand-in by itself, until its standard input ends."""

import argparse
import sys

from tui.demo.pace import PACES
from tui.demo.server import DemoServer


def main() -> None:
    """Print the address, then serve until standard input is closed."""
    parser = argparse.ArgumentParser(prog="python -m tui.demo", description=__doc__)
    parser.add_argument("--pace", choices=sorted(PACES), default="human")
    options = parser.parse_args()
    with DemoServer(pace=options.pace) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
