"""`showrunner tracks ...`: the tracklist of a session."""

from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.output import STYLES, AsJson, console, duration, print_json
from showrunner.cli.session import SessionArgument

if TYPE_CHECKING:
    from showrunner.cli.client import Json

LEVELS = {"being_made": "its level is being made", "failed": "its level could not be made"}

app = typer.Typer(no_args_is_help=True, help="Set the tracklist of a session, and play it.")


@app.command("set")
def set_tracks(
    session_id: SessionArgument,
    items: Annotated[list[str] | None, typer.Argument(metavar="MEDIA...", help="Your tracks, in their order.")] = None,
    fallback: Annotated[str | None, typer.Option(metavar="SOURCE", help="What follows the last one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set the tracks. While they play, it counts behind the one on air, or behind what is locked in by then."""
    _show(connection.connect().set_tracklist(session_id, items or [], fallback), as_json)


@app.command()
def show(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """The tracks, which is on air, what is locked in behind it, and from when the list as it is counts."""
    _show(connection.connect().tracklist(session_id), as_json)


@app.command()
def play(
    session_id: SessionArgument,
    position: Annotated[int, typer.Option("--from", min=1, metavar="N", help="The track to begin with.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Cut to a track, with those behind it to follow, and the fallback at the end."""
    _say(connection.connect().play_tracklist(session_id, position - 1), as_json)


@app.command("next")
def following(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """Cut to the next track; behind the last, to the fallback."""
    _say(connection.connect().next_track(session_id), as_json)


@app.command()
def stop(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """Cut to the fallback."""
    _say(connection.connect().stop_tracklist(session_id), as_json)


def _say(answer: "Json", as_json: bool) -> None:
    print_json(answer) if as_json else console().print(answer["message"])


def _show(answer: "Json", as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("#", justify="right")
    table.add_column("ID", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("LASTS", justify="right")
    table.add_column("TITLE")
    for each in answer["tracks"]:
        on_air = each["position"] == answer["position"]
        state = "on air" if on_air else LEVELS.get(each["level"], "") if each["state"] == "ready" else each["state"]
        lasts = duration(each["seconds"]) if each["seconds"] else ""
        title = Text(each["title"] or "", no_wrap=True, overflow="ellipsis")
        table.add_row(
            str(each["position"] + 1), each["id"], Text(state, STYLES["live"] if on_air else ""), lasts, title
        )
    console().print(table)
    console().print(f"Then '{answer['fallback']}'")
    if answer["on_air"]:
        ends = f", until {answer['ends_at']}" if answer["ends_at"] else ""
        locked = [f"{each} (locked)" for each in answer["locked"]]
        following = [*locked, *answer["follows"][len(locked) :]]
        console().print(f"On air: {answer['on_air']}{ends}; then {', '.join(following) or 'nothing'}")
        console().print(answer["message"])
