"""`showrunner record ...`: the record button of a show."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli import connection, progress
from showrunner.cli.errors import Refused
from showrunner.cli.output import STYLES, AsJson, clock, console, duration, facts, print_json
from showrunner.cli.session import SessionArgument

if TYPE_CHECKING:
    from showrunner.cli.client import Client, Json

app = typer.Typer(no_args_is_help=True, help="Start and stop recordings of a show, list and download them.")
RecordingArgument = Annotated[str, typer.Argument(metavar="RECORDING", help="Its id, as `record list` shows it.")]
Name = Annotated[str | None, typer.Option(help="Tells recordings apart that overlap.")]


@app.command()
def start(
    session_id: SessionArgument,
    name: Name = None,
    since: Annotated[int | None, typer.Option(min=0, metavar="SECONDS", help="Include the last seconds.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record from now on; before the show is on air, from its first picture on."""
    answer = connection.connect().start_recording(session_id, name, since)
    print_json(answer) if as_json else console().print(answer["message"])


@app.command()
def stop(session_id: SessionArgument, name: Name = None, as_json: AsJson = False) -> None:
    """Stop a recording; it is published by itself."""
    answer = connection.connect().stop_recording(session_id, name)
    print_json(answer) if as_json else console().print(answer["message"])


@app.command()
def show(
    recording_id: RecordingArgument,
    cookie: Annotated[
        bool, typer.Option("--cookie", help="Only the header that opens its playlist; a secret.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """How a recording stands, and where its playlist is.

    A player sends the header of --cookie with each request, which it opens for an hour:
    ffplay -headers "$(showrunner record show RECORDING --cookie)" PLAYLIST
    """
    client = connection.connect()
    if cookie:
        opens = client.playlist_cookie(recording_id)
        if not opens:
            raise Refused(f"Recording '{recording_id}' has no playlist yet.")
        print(f"Cookie: {opens}")
        return
    recording = client.recording(recording_id)
    if as_json:
        print_json(recording)
        return
    film = recording["film"]
    rows = {
        "recording": recording["id"],
        "session": recording["session_id"],
        "name": recording["name"],
        "state": recording["state"],
        "from": clock(recording["start"]) if recording["start"] else "its first picture",
        "to": clock(recording["end"]) if recording["end"] else None,
        "length": duration(recording["seconds"]) if recording["seconds"] is not None else None,
        "gaps": f"{recording['gaps']}, {duration(recording['gap_seconds'])}" if recording["gaps"] else None,
        "playlist": recording["playlist"],
        "film": f"{film['size'] / 1e6:.1f} MB, {film['width']}x{film['height']}" if film else None,
        "reason": recording["reason"] or recording["film_failure"],
    }
    print(facts(**rows))


@app.command()
def download(
    recording_id: RecordingArgument,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="ID.mp4 here if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a recording's film; one that is still being published is waited for."""
    client, target = connection.connect(), to or Path(f"{recording_id}.mp4")
    film = _film(client, recording_id)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as file, _progress(film["size"]) as advance:
            for piece in client.pieces(film["url"]):
                file.write(piece)
                advance(len(piece))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    if as_json:
        print_json({"recording": recording_id, "file": str(target), "size": film["size"]})
        return
    console().print(f"{target}: {duration(film['seconds'])}, {film['size'] / 1e6:.1f} MB", soft_wrap=True)


@app.command()
def publish(recording_id: RecordingArgument, as_json: AsJson = False) -> None:
    """Try again to publish a recording that failed, or that has no film."""
    answer = connection.connect().publish_recording(recording_id)
    print_json(answer) if as_json else console().print(answer["message"])


@app.command()
def delete(recording_id: RecordingArgument, as_json: AsJson = False) -> None:
    """Delete a recording, and what is stored for it alone."""
    answer = connection.connect().delete_recording(recording_id)
    print_json(answer) if as_json else console().print(answer["message"])


def _film(client: "Client", recording_id: str) -> "Json":
    """Raises Refused where there is none, and none is being made."""
    while True:
        recording = client.recording(recording_id)
        if recording["state"] in ("armed", "open"):
            raise Refused(f"Recording '{recording_id}' is running. Stop it first: showrunner record stop SESSION.")
        if recording["state"] == "closed":
            time.sleep(progress.LOOK_SECONDS)
            continue
        if recording["film"] is None:
            why = recording["reason"] or recording["film_failure"] or "It is not published."
            raise Refused(f"There is no film. {why} Try again: showrunner record publish {recording_id}")
        film: Json = recording["film"]
        return film


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; yields what to call with bytes that have come."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=size)
        yield lambda more: bar.advance(task, more)


@app.command("list")
def list_recordings(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """The recordings of a session, in the order they were started."""
    answer = connection.connect().recordings(session_id)
    if as_json:
        print_json(answer)
        return
    if not answer["recordings"]:
        console().print(f"There are no recordings. Start one: showrunner record start {session_id}")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("ID", no_wrap=True)
    table.add_column("NAME", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("FROM", no_wrap=True)
    table.add_column("SECONDS", no_wrap=True, justify="right")
    table.add_column("MB", no_wrap=True, justify="right")
    table.add_column("")
    for each in answer["recordings"]:
        state = Text(each["state"], STYLES.get(each["state"], ""))
        begin = clock(each["start"]) if each["start"] else "first picture"
        seconds = f"{each['seconds']:.1f}" if each["seconds"] is not None else ""
        size = f"{each['film']['size'] / 1e6:.1f}" if each["film"] else ""
        why = each["reason"] or each["film_failure"] or ""
        table.add_row(each["id"], each["name"], state, begin, seconds, size, why)
    console().print(table)
