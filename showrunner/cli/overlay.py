"""`showrunner overlay`: an image over the running show."""

from typing import Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.errors import Misuse
from showrunner.cli.output import AsJson, print_json
from showrunner.cli.session import SessionArgument


def overlay(
    session_id: SessionArgument,
    image: Annotated[str | None, typer.Argument(metavar="IMAGE", help="The id of one of your media.")] = None,
    x: Annotated[int, typer.Option(help="Pixels from the left.")] = 0,
    y: Annotated[int, typer.Option(help="Pixels from the top.")] = 0,
    width: Annotated[int | None, typer.Option(help="Scale it to so many pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Scale it to so many pixels.")] = None,
    opacity: Annotated[int, typer.Option(help="In percent.")] = 100,
    fade: Annotated[int, typer.Option(metavar="MS", help="To fade in, and out, in milliseconds.")] = 0,
    seconds: Annotated[int | None, typer.Option(help="Until it goes by itself.")] = None,
    layer: Annotated[int, typer.Option(help="0 to 7; a higher one lies over a lower.")] = 0,
    off: Annotated[bool, typer.Option("--off", help="Take the layer's image off.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lay an image over the picture, or take it off. MediaLive tells that it was accepted, and no more."""
    if off == (image is not None):
        raise Misuse("Give an IMAGE, or --off.")
    wish = {"image": image, "x": x, "y": y, "width": width, "height": height, "opacity": opacity}
    wish |= {"fade_ms": fade, "seconds": seconds, "layer": layer}
    given = {name: value for name, value in wish.items() if value is not None}
    answer = connection.connect().overlay(session_id, given)
    print_json(answer) if as_json else print(answer["message"])
