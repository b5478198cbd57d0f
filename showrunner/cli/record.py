"""`showrunner record ...`: the record button of a show."""

from typing import Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.output import STYLES, AsJson, clock, console, print_json
from showrunner.cli.session import SessionArgument

app = typer.Typer(no_args_is_help=True, help="Start and stop recordings of a show, and list them.")
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
