"""`showrunner level`: how loud a source, or the programme, is wanted."""

from typing import Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.errors import Misuse
from showrunner.cli.output import AsJson, print_json
from showrunner.cli.session import SessionArgument


def level(
    session_id: SessionArgument,
    source: Annotated[str | None, typer.Argument(metavar="SOURCE", help="Else the programme.")] = None,
    gain: Annotated[int, typer.Option(metavar="DB", help="From -60 to 6.")] = 0,
    mute: Annotated[bool, typer.Option("--mute", help="Silence.")] = False,
    loudness: Annotated[
        int | None, typer.Option(metavar="LKFS", help="Level the programme to it, from -59 to 0; else not.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how loud it is wanted; what is left out is the default. The answer says when that counts."""
    if source and loudness is not None:
        raise Misuse("--loudness is for the programme: leave out SOURCE.")
    wish = {"gain_db": gain, "mute": mute} | ({} if source else {"loudness_lkfs": loudness})
    answer = connection.connect().set_level(session_id, source, wish)
    if as_json:
        print_json(answer)
    else:
        print(f"{answer['effect'].replace('_', ' ')}: {answer['message']}")
