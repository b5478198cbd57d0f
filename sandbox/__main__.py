"""`python -m sandbox up`."""

import argparse
import sys
from pathlib import Path

from sandbox.up import DEFAULT_PORT, UpOptions, run


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="sandbox", description="An embedded AWS on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="run the sandbox until Ctrl-C")
    up.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 takes a free one")
    up.add_argument("--env-file", type=Path, help="write shell lines here once everything is ready")
    up.add_argument("--no-media", action="store_true", help="simulate the video")
    up.add_argument("--no-stack", action="store_true", help="do not deploy the Showrunner stack")
    up.add_argument("--timings", choices=["fast", "aws"], default="fast", help="how long MediaLive takes")
    given = parser.parse_args(arguments)
    options = UpOptions(given.port, given.env_file, not given.no_media, not given.no_stack, given.timings)
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
