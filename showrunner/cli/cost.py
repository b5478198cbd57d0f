"""`showrunner cost`: what a session costs, as an estimate."""

from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.output import AsJson, console, print_json
from showrunner.cli.session import SessionArgument

if TYPE_CHECKING:
    from showrunner.cli.client import Json


def cost(
    session_id: SessionArgument,
    minutes: Annotated[int | None, typer.Option(min=1, max=1440, help="Of a show so long; 60 if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a session would cost, costs so far, and has cost: from list prices, no bill."""
    answer = connection.connect().cost(session_id, minutes)
    if as_json:
        print_json(answer)
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("", "BILLED", "DOLLARS"):
        table.add_column(heading, no_wrap=True, justify="right" if heading else "left")
    planned = answer["planned"]
    table.add_row(f"a show of {planned['show_minutes']} min", *_figures(planned))
    for each in answer["attempts"]:
        table.add_row(f"attempt {each['attempt']}{'' if each['final'] else ', so far'}", *_figures(each))
    console().print(table)
    console().print(answer["notice"])
    if unpriced := sorted({item for each in (planned, *answer["attempts"]) for item in each["unpriced"]}):
        console().print(f"Without a known price, and in no sum: {', '.join(unpriced)}.")


def _figures(cost: "Json") -> tuple[str, str]:
    return f"{cost['billed_minutes']} min", f"{cost['dollars']:.2f}"
