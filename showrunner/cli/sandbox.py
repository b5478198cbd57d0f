"""`showrunner up`, `demo`, and `sandbox ...`: the embedded AWS, a program of its own, and its control interface."""

import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from showrunner.cli.errors import Misuse, Refused
from showrunner.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from rich.table import Table

# Everything behind the name is the sandbox's to read, --help too.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

app = typer.Typer(no_args_is_help=True, help="Looks into a running sandbox, and makes things go wrong in it.")
fault = typer.Typer(no_args_is_help=True, help="Faults on demand; docs/sandbox.md has the kinds.")
app.add_typer(fault, name="fault")


def up(context: typer.Context) -> None:
    """Run the embedded AWS with the stack in it, until Ctrl-C."""
    _become("up", context.args)


def demo(context: typer.Context) -> None:
    """Run a whole session with real video, and check it."""
    _become("demo", context.args)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show resources and states, who publishes, what is on air, faults, and the events sent."""
    seen = _ask("GET", "status")
    if as_json:
        print_json(seen)
        return
    screen = console()
    for table in _tables(seen):
        if table.row_count:
            screen.print(table)
    if not any(seen.values()):
        screen.print("Nothing is there, and nothing has happened.")


@fault.command("add")
def add(
    kind: Annotated[str, typer.Argument(help="e.g. error, throttle, lose, never_start, stream_starve")],
    service: Annotated[str | None, typer.Option(help="as in a request's signature: medialive, states, s3")] = None,
    operation: Annotated[str | None, typer.Option(help="AWS's name: CreateChannel, PutItem")] = None,
    event: Annotated[str | None, typer.Option(help="a detail-type: MediaLive Channel State Change")] = None,
    resource: Annotated[str | None, typer.Option(help="id, ARN or name; without it, all")] = None,
    count: Annotated[int | None, typer.Option(help="how many are hit; 1 by default")] = None,
    rate: Annotated[float | None, typer.Option(help="the share that is hit, instead of the next COUNT")] = None,
    seed: Annotated[int | None, typer.Option(help="makes a rate repeatable")] = None,
    seconds: Annotated[float | None, typer.Option(help="how late, or how long away")] = None,
    lasts: Annotated[float | None, typer.Option(help="ends by itself after so many seconds")] = None,
    code: Annotated[str | None, typer.Option(help="the error's code")] = None,
    status: Annotated[int | None, typer.Option(help="the error's HTTP status")] = None,
    message: Annotated[str | None, typer.Option(help="the error's message")] = None,
    state: Annotated[str | None, typer.Option(help="what a wrong_state event says")] = None,
    as_json: AsJson = False,
) -> None:
    """Let something go wrong."""
    given = {name: value for name, value in locals().items() if name != "as_json" and value is not None}
    made = _ask("POST", "faults", given)["fault"]
    if as_json:
        print_json(made)
    else:
        typer.echo(made["id"])


@fault.command("list")
def list_faults(as_json: AsJson = False) -> None:
    """List the faults in effect."""
    faults = _ask("GET", "faults")["faults"]
    if as_json:
        print_json(faults)
    elif faults:
        console().print(_faults(faults))
    else:
        typer.echo("No fault is in effect.")


@fault.command("clear")
def clear(fault_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="without it, all")] = None) -> None:
    """End a fault, or all."""
    cleared = _ask("DELETE", "faults" if fault_id is None else f"faults/{fault_id}")["cleared"]
    typer.echo(f"{cleared} ended")


def _ask(method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One call of the control interface of the sandbox that AWS_ENDPOINT_URL names."""
    import httpx

    endpoint = os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566").rstrip("/")
    if urlsplit(endpoint).hostname not in LOOPBACK:
        raise Misuse("AWS_ENDPOINT_URL is no sandbox on this machine. Source its environment file first.")
    try:
        answer = httpx.request(method, f"{endpoint}/_sandbox/{name}", json=body, timeout=10)
        told: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        raise Refused(f"No sandbox answers at {endpoint}. Start one: showrunner up") from None
    if answer.is_error:
        raise Refused(f"{told.get('error', answer.status_code)}.")
    return told


def _tables(seen: dict[str, Any]) -> list["Table"]:
    """What there is, a table for each sort of thing."""
    live = {stream["channelArn"]: stream for stream in seen["ivs_streams"]}
    channels = _table("MediaLive channel", "Name", "State", "On air", "Publishing")
    for each in seen["channels"]:
        publishing = [name for name, connected in each["publishing"].items() if connected]
        channels.add_row(each["Id"], each["Name"], each["State"], each["on_air"] or "-", ", ".join(publishing) or "-")
    inputs = _table("MediaLive input", "Name", "State", "Type")
    for each in seen["inputs"]:
        inputs.add_row(each["Id"], each["Name"], each["State"], each["Type"])
    ivs = _table("IVS channel", "Name", "Stream", "Health", "Viewers")
    for each in seen["ivs_channels"]:
        stream = live.get(each["arn"], {})
        viewers = str(stream.get("viewerCount", "-"))
        channel_id = each["arn"].rpartition("/")[2]
        ivs.add_row(channel_id, each["name"], stream.get("state", "-"), stream.get("health", "-"), viewers)
    executions = _table("Running execution")
    for arn in seen["running_executions"]:
        executions.add_row(arn.partition(":execution:")[2] or arn)
    events = _table("Events sent", "Count")
    for kind, count in sorted(seen["events_sent"].items()):
        events.add_row(kind, str(count))
    return [channels, inputs, ivs, executions, _faults(seen["faults"]), events]


def _faults(faults: list[dict[str, Any]]) -> "Table":
    table = _table("Fault", "Kind", "Hits", "What")
    for each in faults:
        what = [f"{name}={value}" for name, value in each.items() if name not in ("id", "kind", "hits")]
        table.add_row(each["id"], each["kind"], str(each["hits"]), " ".join(what))
    return table


def _table(*headings: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _become(command: str, arguments: list[str]) -> None:
    if importlib.util.find_spec("sandbox") is None:
        raise Misuse("The sandbox is not installed. Install it: pip install 'showrunner[sandbox]'")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", command, *arguments])
