"""`showrunner history ID`: the executions that worked for a session, with the states that each went through."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli import connection, progress
from showrunner.cli.errors import Misuse, Refused
from showrunner.cli.output import AsJson, clock, console, duration, print_json
from showrunner.cli.session import SessionArgument

if TYPE_CHECKING:
    from rich.console import Group
    from rich.tree import Tree

    from showrunner.cli.client import Client, Json

MARKS = {"done": "✔", "running": "●", "waiting": "●", "stopped": "■", "caught": "!", "failed": "✗", "aborted": "✗"}
STYLES = {"running": "bold", "waiting": "bold yellow", "caught": "yellow", "failed": "bold red", "aborted": "red"}


def history(
    session_id: SessionArgument,
    execution: Annotated[str | None, typer.Option(metavar="NAME", help="One of them alone.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second, until all have ended.")] = False,
    svg: Annotated[bool, typer.Option("--svg", help="The drawing of one; of the first, if none is named.")] = False,
    as_json: AsJson = False,
) -> None:
    """What the executions of a session's newest start did: their states, tries, looks and errors."""
    if sum((watch, svg, as_json)) > 1:
        raise Misuse("Give one of --watch, --svg and --json.")
    client = connection.connect()
    if watch:
        _watch(follow(client, session_id, execution))
        return
    told = look(client, session_id, execution)
    if as_json:
        print_json({"histories": told})
    elif svg:
        print(drawing(told[0]), end="")
    else:
        console().print(picture(told, datetime.now(UTC)))


def look(client: "Client", session_id: str, name: str | None = None) -> "list[Json]":
    """The histories of one execution, or of all of the newest attempt, in the order they began. Raises Refused."""
    if name:
        return [client.history(session_id, name)]
    listed = client.executions(session_id)["executions"]
    if not listed:
        raise Refused(f"Session '{session_id}' was never started: no execution has worked for it.")
    newest = max(each["attempt"] for each in listed)
    return [client.history(session_id, each["name"]) for each in listed if each["attempt"] == newest]


def follow(
    client: "Client", session_id: str, name: str | None, sleep: Callable[[float], None] = time.sleep
) -> "Iterator[list[Json]]":
    """Look until none of them runs."""
    while True:
        told = look(client, session_id, name)
        yield told
        if all(each["execution"]["ended_at"] for each in told):
            return
        sleep(progress.LOOK_SECONDS)


def _watch(looks: "Iterator[list[Json]]") -> None:
    from rich.live import Live

    told: list[Json] = next(looks)
    with Live(console=console(), get_renderable=lambda: picture(told, datetime.now(UTC))):
        for each in looks:
            told = each


def picture(told: "list[Json]", now: datetime) -> "Group":
    """A tree for each execution; one that another has started stands in it, under the state that did."""
    from rich.console import Group

    by_name = {each["execution"]["name"]: each for each in told}
    children = {state["child"] for each in told for state in each["states"]}
    return Group(*(_tree(each, by_name, now) for name, each in by_name.items() if name not in children))


def _tree(told: "Json", by_name: "dict[str, Json]", now: datetime) -> "Tree":
    from rich.text import Text
    from rich.tree import Tree

    execution = told["execution"]
    tree = Tree(Text(f"{execution['name']}  {execution['status']}  {clock(execution['started_at'])}", "bold"))
    for state in told["states"]:
        branch = tree.add(Text(line(state, now), STYLES.get(state["outcome"], "")))
        if child := by_name.get(state["child"] or ""):
            branch.children.append(_tree(child, by_name, now))
    return tree


def line(state: "Json", now: datetime) -> str:
    """`✔ WaitStreamLive  12.0 s  3 looks`; what was caught says to where."""
    ended = datetime.fromisoformat(state["left_at"]) if state["left_at"] else now
    parts = [f"{MARKS[state['outcome']]} {state['name']}"]
    parts.append(duration(max(0.0, (ended - datetime.fromisoformat(state["entered_at"])).total_seconds())))
    tries = state["attempts"] - state["looks"]
    parts += [f"{tries} tries"] if tries > 1 else []
    parts += [f"{state['looks']} looks"] if state["looks"] else []
    if state["outcome"] == "stopped":
        parts.append("ended by a stop")
    elif state["error"] and state["outcome"] != "done":
        parts.append(f"{state['error']}: {state['cause']}" if state["cause"] else state["error"])
    parts += [f"→ {state['next']}"] if state["outcome"] in ("caught", "stopped") and state["next"] else []
    return "  ".join(parts)


def drawing(told: "Json") -> str:
    """The SVG of an execution: its state machine, coloured by what happened. Raises Refused."""
    import msgspec

    from showrunner.diagram import Happened, Layout, svg

    name, layout = told["execution"]["name"], told["drawing"]
    if layout is None:
        raise Refused(f"The state machine of '{name}' is gone, and its drawing with it. Leave out --svg.")
    happened = Happened(
        {state["name"]: state["outcome"] for state in told["states"]},
        {(state["name"], state["next"]) for state in told["states"]},
    )
    return svg(msgspec.convert(layout, Layout), f"The execution '{name}'", told["execution"]["status"], happened)
