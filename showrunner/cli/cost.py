"""`showrunner cost`: what a session costs, or a month, as an estimate."""

from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.errors import Misuse
from showrunner.cli.output import AsJson, console, print_json
from showrunner.cli.session import check_id

if TYPE_CHECKING:
    from rich.table import Table

    from showrunner.cli.client import Json


def cost(
    session_id: Annotated[
        str | None, typer.Argument(metavar="ID", callback=check_id, help="The session's id; without one, of a month.")
    ] = None,
    minutes: Annotated[int | None, typer.Option(min=1, max=1440, help="Of a show so long; 60 if left out.")] = None,
    viewers: Annotated[int | None, typer.Option(min=0, help="How many watch all of it.")] = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Of all sessions then; else this month.")] = None,
    owner: Annotated[str | None, typer.Option(help="Another owner's month, for producers: the user's sub.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a session would cost, costs so far, and has cost; or what a month has: from list prices, no bill."""
    if session_id is None:
        if minutes is not None or viewers is not None:
            raise Misuse("--minutes and --viewers are of a session: give its id.")
        answer, show = connection.connect().costs(month, owner), _show_month
    elif month or owner:
        raise Misuse("Give a session's id, or --month and --owner, not both.")
    else:
        answer, show = connection.connect().cost(session_id, minutes, viewers), _show_session
    (print_json if as_json else show)(answer)


def _show_session(answer: "Json") -> None:
    table = _table("", "BILLED", "DOLLARS")
    planned = answer["planned"]
    table.add_row(f"a show of {planned['show_minutes']} min", *_figures(planned))
    for each in answer["attempts"]:
        table.add_row(f"attempt {each['attempt']}{'' if each['final'] else ', so far'}", *_figures(each))
    _print(table, answer["notice"], {item for each in (planned, *answer["attempts"]) for item in each["unpriced"]})


def _show_month(answer: "Json") -> None:
    table = _table(answer["month"], "STARTS", "DOLLARS", "BUDGET")
    stage = answer["stage"]
    for name, has in (("you" if stage else answer["owner"], answer), ("the stage", stage)):
        if has:
            budget = str(has["budget_dollars"]) if has["budget_dollars"] else "-"
            table.add_row(name, str(has["starts"]), f"{has['dollars']:.2f}", budget)
    for each in answer["owners"] or []:
        table.add_row(f"  {each['owner']}", "", f"{each['dollars']:.2f}", "")
    _print(table, answer["notice"], set(answer["unpriced"]))


def _table(*headings: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, no_wrap=True, justify="right" if number else "left")
    return table


def _print(table: "Table", notice: str, unpriced: set[str]) -> None:
    console().print(table)
    console().print(notice)
    if unpriced:
        console().print(f"Without a known price, and in no sum: {', '.join(sorted(unpriced))}.")


def _figures(cost: "Json") -> tuple[str, str]:
    return f"{cost['billed_minutes']} min", f"{cost['dollars']:.2f}"
