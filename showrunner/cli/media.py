"""`showrunner media ...`: an owner's own tracks, slates and images."""

import time
from pathlib import Path
from typing import Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.errors import Refused
from showrunner.cli.output import STYLES, AsJson, console, duration, print_json

app = typer.Typer(no_args_is_help=True, help="Add tracks, slates and images of your own, and list them.")
LOOK_SECONDS = 1.0


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="An MP4, or an image.")],
    kind: Annotated[str, typer.Option(help="track, slate or image.")] = "track",
    title: Annotated[str | None, typer.Option(help="For people; else the file's name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Upload a file, and wait until it was looked at: it is ready, or refused with the reason."""
    client = connection.connect()
    media = client.add_media(kind, title or file.stem, file)
    if not as_json:
        console().print(f"Sent as '{media['id']}'; it is looked at.")
    while media["state"] not in ("ready", "refused", "failed"):
        time.sleep(LOOK_SECONDS)
        media = client.media(media["id"])
    if as_json:
        print_json(media)
    if media["state"] != "ready":
        raise Refused(f"'{media['id']}' is {media['state']}: {media['message']}")
    if not as_json:
        levelled = f", its sound changed by {media['gain_db']:+.1f} dB" if media["gain_db"] is not None else ""
        lasts = f", {duration(media['seconds'])}" if media["seconds"] else ""
        console().print(f"'{media['id']}' is ready: {media['width']}x{media['height']}{lasts}{levelled}.")


@app.command("list")
def list_media(
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50, as_json: AsJson = False
) -> None:
    """Your files, newest first."""
    answer = connection.connect().media_list(limit)
    if as_json:
        print_json(answer)
        return
    if not answer["media"]:
        console().print("There are no files. Add one: showrunner media add FILE")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("ID", no_wrap=True)
    table.add_column("KIND", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("LASTS", no_wrap=True, justify="right")
    table.add_column("TITLE")
    for each in answer["media"]:
        state = Text(each["state"], STYLES.get(each["state"], ""))
        lasts = duration(each["seconds"]) if each["seconds"] else ""
        text = each["title"] if each["state"] not in ("refused", "failed") else each["message"]
        table.add_row(each["id"], each["kind"], state, lasts, Text(text, no_wrap=True, overflow="ellipsis"))
    console().print(table)
    if answer["next"]:
        console().print(f"There are more than {limit}. See more with --limit.")


@app.command()
def delete(
    media_id: Annotated[str, typer.Argument(metavar="ID", help="The file's id.")], as_json: AsJson = False
) -> None:
    """Delete a file that no running session needs. The answer names the others that have a use for it."""
    answer = connection.connect().delete_media(media_id)
    print_json(answer) if as_json else console().print(answer["message"])
