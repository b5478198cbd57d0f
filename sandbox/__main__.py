"""`python -m sandbox up` and `python -m sandbox demo`."""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

IVS = "ivs."  # begins the name of a quota of IVS's; one of MediaLive's has no prefix


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; returns the exit code."""
    try:
        from sandbox.ivs.limits import Quotas as IvsQuotas
        from sandbox.medialive.service import Quotas
        from sandbox.up import DEFAULT_PORT, UpOptions, run
    except ModuleNotFoundError as error:
        print(f"sandbox: missing: {error.name}; install with: pip install 'showrunner[sandbox]'", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="sandbox", description="An embedded AWS on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", prog="showrunner up", help="run the sandbox until Ctrl-C")
    up.add_argument("--port", type=port, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 takes a free one")
    up.add_argument("--env-file", type=Path, help="write shell lines here once everything is ready")
    up.add_argument("--no-media", action="store_true", help="simulate the video")
    up.add_argument("--no-stack", action="store_true", help="do not deploy the Showrunner stack")
    up.add_argument("--timings", choices=["brief", "fast", "aws"], default="fast", help="how long MediaLive takes")
    up.add_argument("--list-lag", type=seconds, default=1.0, help="seconds until MediaLive's lists show what was made")
    up.add_argument("--alert-after", type=seconds, help="seconds without a picture until MediaLive alerts of it")
    quotas = "how many there may be: channels=20 of MediaLive, ivs.streams=200 of IVS; may be given several times"
    up.add_argument("--quota", type=quota, action="append", default=[], metavar="NAME=NUMBER", help=quotas)
    unknown = "take the other way in something that AWS documents neither way; docs/sandbox.md has the names"
    up.add_argument("--otherwise", type=otherwise, action="append", default=[], metavar="NAME", help=unknown)
    up.add_argument("--no-throttling", action="store_true", help="take any number of calls a second")
    origin = "the web page that may call the API; any if left out, but then none may send cookies"
    up.add_argument("--cors-origin", default="*", metavar="URL", help=origin)
    commands.add_parser("demo", help="run a whole session with real video, and check it", add_help=False)
    given, others = parser.parse_known_args(arguments)
    if given.command == "demo":
        from sandbox.demo import main as demo

        return demo(others)
    if others:
        up.error(f"unrecognized arguments: {' '.join(others)}")
    wanted = dict(given.quota)
    options = UpOptions(
        given.port,
        given.env_file,
        not given.no_media,
        not given.no_stack,
        given.timings,
        not given.no_throttling,
        given.list_lag,
        frozenset(given.otherwise),
        Quotas(**{name: number for name, number in wanted.items() if not name.startswith(IVS)}),
        IvsQuotas(**{name.removeprefix(IVS): number for name, number in wanted.items() if name.startswith(IVS)}),
        given.alert_after,
        given.cors_origin,
    )
    return run(options)


def port(text: str) -> int:
    """0 to 65535."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port: 0 to 65535")
    return number


def seconds(text: str) -> float:
    """0 or more."""
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no time in seconds: 0 or more")
    return number


def quota(text: str) -> tuple[str, int]:
    """`channels=20`."""
    from sandbox.ivs.limits import Quotas as IvsQuotas
    from sandbox.medialive.service import Quotas

    names = [*(each.name for each in fields(Quotas)), *(IVS + each.name for each in fields(IvsQuotas))]
    name, _, number = text.partition("=")
    if name not in names or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no quota: NAME=NUMBER, where NAME is one of {', '.join(names)}")
    return name, int(number)


def otherwise(text: str) -> str:
    """`medialive.recovering_event`."""
    from sandbox.unknowns import NAMES

    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(NAMES)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
