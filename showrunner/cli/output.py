"""What is printed and where: results on stdout, everything else on stderr. Widths fit 80 columns."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout and nothing else, for scripts.")]

STYLES = {
    "live": "bold green",
    "failed": "bold red",
    "waiting_for_input": "bold yellow",
    "stopping": "yellow",
    "ended": "dim",
    "created": "dim",
}


def console() -> "Console":
    """Prints text as it is: what people named their things is no markup."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def warn(sentence: str) -> None:
    """On stderr: something to know, nothing that failed."""
    typer.echo(f"showrunner: {sentence}", err=True)


def print_json(document: Any) -> None:
    """One document on one line."""
    print(json.dumps(document, ensure_ascii=False), flush=True)


def facts(**rows: str | None) -> str:
    """Names and values, one a line, long ones whole so that they can be copied; those without a value left out."""
    shown = {name.replace("_", " "): value for name, value in rows.items() if value}
    width = max(map(len, shown), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())


def clock(moment: str) -> str:
    """A moment of the API's, as a local wall clock."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def elapsed(moment: str, now: datetime | None = None) -> float:
    """Seconds since a moment of the API's."""
    return ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()


def ago(moment: str, now: datetime | None = None) -> str:
    """How long since, in the largest unit that fits."""
    seconds = elapsed(moment, now)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def duration(seconds: float) -> str:
    """`4.2 s`, `3:05`, `1:02:03`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
