"""`showrunner session ...`, and what is asked about a session: `ingest`, `thumbnail`, `timeline`."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from showrunner.cli import connection
from showrunner.cli.errors import Misuse
from showrunner.cli.output import STYLES, AsJson, ago, clock, console, elapsed, facts, print_json
from showrunner.cli.progress import NEXT, watch
from showrunner.wording import so_many

if TYPE_CHECKING:
    from showrunner.cli.client import Json

app = typer.Typer(no_args_is_help=True, help="Create, start, watch and stop sessions.")


def check_id(value: str | None) -> str | None:
    import msgspec

    from showrunner.session import SessionId

    try:
        return msgspec.convert(value, SessionId | None)
    except msgspec.ValidationError:
        raise Misuse(f"'{value}' cannot be a session's id: 1 to 40 letters, digits, '-' and '_'.") from None


SessionArgument = Annotated[str, typer.Argument(metavar="ID", callback=check_id, help="The session's id.")]
Wait = Annotated[bool, typer.Option("--wait", help="Show the progress and return when it is there.")]


@app.command()
def create(
    session_id: Annotated[
        str | None, typer.Argument(metavar="ID", callback=check_id, help="Made up if left out.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="For people.")] = None,
    profile: Annotated[str | None, typer.Option(help="360p30, 480p30, 720p30 or 1080p30.")] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="An RTMP source; may be repeated.")] = None,
    tracklist: Annotated[bool, typer.Option("--tracklist", help="A source that plays your tracks.")] = False,
    slate: Annotated[str | None, typer.Option(metavar="MEDIA", help="A slate of yours, not the default one.")] = None,
    fallback: Annotated[
        str | None, typer.Option(metavar="NAME", help="What goes on air when the picture is lost; else the slate.")
    ] = None,
    fallback_seconds: Annotated[int | None, typer.Option(help="How long a lost picture may take to come back.")] = None,
    no_fallback: Annotated[bool, typer.Option("--no-fallback", help="Stay with a source that has no picture.")] = False,
    channel_arn: Annotated[str | None, typer.Option(help="An IVS channel of yours to use, not one of its own.")] = None,
    record: Annotated[str | None, typer.Option(help="auto, manual or off.")] = None,
    privacy: Annotated[
        str | None, typer.Option(help="trim: only recordings stay stored, the default of manual; keep: the whole show.")
    ] = None,
    ready_seconds: Annotated[int | None, typer.Option(help="Longest time prepared but not started.")] = None,
    input_seconds: Annotated[
        int | None, typer.Option(help="Longest time without anybody publishing; 0 for no limit.")
    ] = None,
    live_seconds: Annotated[int | None, typer.Option(help="Longest time on air; 0 for no limit.")] = None,
    idle_seconds: Annotated[int | None, typer.Option(help="Longest time on air without a picture; 0 for ever.")] = None,
    budget: Annotated[int | None, typer.Option(metavar="DOLLARS", help="What a start may cost, as estimated.")] = None,
    stop_at_budget: Annotated[bool, typer.Option("--stop-at-budget", help="And then stop it, not only warn.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create a session; nothing runs and nothing costs yet. What is left out gets the API's default."""
    limits = {
        "ready_seconds": ready_seconds,
        "input_seconds": input_seconds,
        "live_seconds": live_seconds,
        "idle_seconds": idle_seconds,
    }
    wish = {
        "id": session_id,
        "title": title,
        "profile": profile,
        "record": record,
        "privacy": privacy,
        "sources": _sources(source or [], tracklist),
        "slate": slate,
        "fallback": _given(source=fallback, seconds=fallback_seconds),
        "output": _given(channel_arn=channel_arn),
        "limits": _given(**limits),
        "budget": _given(dollars=budget, stop=True if stop_at_budget else None),
    }
    body: dict[str, Any] = {name: value for name, value in wish.items() if value}
    if no_fallback:
        if fallback or fallback_seconds:
            raise Misuse("Give --no-fallback, or what the fallback is to be, not both.")
        body["fallback"] = "off"
    answer = connection.connect().create(body)
    if as_json:
        print_json(answer["session"])
        return
    console().print(answer["message"])
    _say_next("created", answer["session"]["id"])


def _sources(names: list[str], tracklist: bool) -> "list[Json]":
    """Nothing where nothing was said: the API has a default."""
    files = [{"name": "tracklist", "type": "MP4_FILE"}] if tracklist else []
    return [{"name": name} for name in names or (["host"] if tracklist else [])] + files


def _given(**values: Any) -> "Json":
    return {name: value for name, value in values.items() if value is not None}


@app.command("list")
def list_sessions(
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    owner: Annotated[str | None, typer.Option(help="Another owner's, for producers: the user's sub.")] = None,
    as_json: AsJson = False,
) -> None:
    """Your sessions, newest first."""
    answer = connection.connect().sessions(limit, owner)
    if as_json:
        print_json(answer)
        return
    if not answer["sessions"]:
        console().print("There are no sessions. Create one: showrunner session create")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    # Ids are there to be copied: the title gives way.
    table.add_column("ID", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("AGE", no_wrap=True, justify="right")
    table.add_column("TITLE")
    for each in answer["sessions"]:
        state = Text(each["state"], STYLES.get(each["state"], ""))
        table.add_row(
            each["id"], state, ago(each["created_at"]), Text(each["title"], no_wrap=True, overflow="ellipsis")
        )
    console().print(table)
    if answer["next"]:
        console().print(f"There are more than {limit}. See more with --limit.")


@app.command()
def show(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """How a session stands."""
    session = connection.connect().session(session_id)
    if as_json:
        print_json(session)
        return
    state = session["state"]
    print(
        facts(
            session=session["id"],
            title=session["title"],
            state=state,
            reason=session.get("reason"),
            attempt=str(session["attempt"]) if session["attempt"] else None,
            profile=session["profile"],
            sources=", ".join(source["name"] for source in session["sources"]),
            fallback=_fallback(session["fallback"]),
            output=session["output"].get("channel_arn") or "an IVS channel of its own",
            record=session["record"],
            limits=_limits(session["limits"]),
            budget=_budget(session.get("budget")),
            cost=_so_far(session.get("rates") or []),
            created=clock(session["created_at"]),
            live_since=clock(session["live_at"]) if state == "live" and session.get("live_at") else None,
            ends_at=clock(session["ends_at"]) if session.get("ends_at") else None,
            playback=session["playback_url"],
            on_air=" ".join(filter(None, (session.get("on_air"), session.get("on_air_item")))),
            taking=session.get("taking"),
            recording=session["recording"],
            execution=session.get("execution_arn"),
        )
    )
    for warning in session.get("warnings") or []:
        console().print(warning["message"])
    _say_next(state, session_id)


def _fallback(fallback: Any) -> str:
    return "off" if fallback == "off" else f"{fallback['source']} after {fallback['seconds']} s without a picture"


def _limits(limits: "Json") -> str:
    most = {name: f"{seconds} s" if seconds else "any time" for name, seconds in limits.items()}
    shown = f"{most['ready_seconds']} ready, {most['input_seconds']} without input"
    return f"{shown}, {most['live_seconds']} live, {most['idle_seconds']} without a picture"


def _budget(budget: "Json | None") -> str | None:
    if not budget or not budget["dollars"]:
        return None
    then = "stopped" if budget["stop"] else "warned"
    return f"{so_many(budget['dollars'], 'dollar')} a start, then it is {then}"


def _so_far(rates: "list[Json]") -> str | None:
    """What runs costs by the hour, since when it does; nothing once it is over."""
    if not rates:
        return None
    known = [each for each in rates if each["dollars_per_hour"] is not None]
    seconds = [max(elapsed(each["since"]), each["least_seconds"]) for each in known]
    dollars = sum(each["dollars_per_hour"] * lasted / 3600 for each, lasted in zip(known, seconds, strict=True))
    unpriced = [each["item"] for each in rates if each not in known]
    without = f", without {', '.join(unpriced)}" if unpriced else ""
    return f"about {dollars:.2f} dollars so far, an estimate{without}"


@app.command()
def prepare(session_id: SessionArgument, wait: Wait = False, as_json: AsJson = False) -> None:
    """Make everything and start nothing; the start is quicker then."""
    client = connection.connect()
    answer = client.prepare(session_id)
    _say(answer, as_json, wait)
    if wait:
        watch(client, session_id, ["ready", "starting", "waiting_for_input", "live"], answer["attempt"], as_json)


@app.command()
def start(
    session_id: SessionArgument,
    hold: Annotated[bool, typer.Option("--hold", help="Begin with the slate; 'take' brings the first source.")] = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Go live. --wait returns when the session is live: somebody must publish for that, unless it holds."""
    client = connection.connect()
    answer = client.start(session_id, hold)
    _say(answer, as_json, wait)
    if wait:
        watch(client, session_id, ["live"], answer["attempt"], as_json)


@app.command()
def stop(session_id: SessionArgument, wait: Wait = False, as_json: AsJson = False) -> None:
    """End it, in whatever state it is, and remove all that was made for it."""
    client = connection.connect()
    answer = client.stop(session_id)
    _say(answer, as_json, wait)
    if wait:
        watch(client, session_id, (), answer.get("attempt"), as_json)


@app.command()
def extend(
    session_id: SessionArgument,
    seconds: Annotated[int | None, typer.Argument(min=60, help="By how much longer it may wait, or be on air.")] = None,
    dollars: Annotated[int | None, typer.Option(min=1, help="By how much its budget is raised.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a show that waits for its input wait longer, a live one be on air for longer, or a running one cost more.

    It may wait for 2 hours in all at most, and be on air for 24.
    """
    if seconds is None and dollars is None:
        raise Misuse("Give the seconds, --dollars, or both.")
    _say(connection.connect().extend(session_id, _given(seconds=seconds, dollars=dollars)), as_json, wait=False)


@app.command("watch")
def watch_session(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """Show the states of a session as they come, until it ends."""
    watch(connection.connect(), session_id, (), as_json=as_json)


@app.command()
def delete(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """Stop a session, remove what was made for it, and hide it. Recordings stay."""
    _say(connection.connect().delete(session_id), as_json, wait=False)


def take(
    session_id: SessionArgument,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="One of the session's, or 'slate'; else the first.")
    ] = None,
    item: Annotated[str | None, typer.Option(metavar="MEDIA", help="Which of your tracks, for a tracklist.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Not now but then, such as 2026-01-09T20:00Z.")] = None,
    after: Annotated[
        str | None, typer.Option(metavar="ACTION", help="When the file on air has ended ('current'), or another's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a source on air. 'session show' says when it is: asked for is not on air."""
    _say(connection.connect().take(session_id, source, item=item, at=at, after=after), as_json, wait=False)


def cue(
    session_id: SessionArgument,
    source: Annotated[str | None, typer.Argument(metavar="SOURCE", help="One of the session's; else none.")] = None,
    item: Annotated[str | None, typer.Option(metavar="MEDIA", help="Which of your tracks, for a tracklist.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have a source made ready for a cut. MediaLive tells that it was accepted, and no more."""
    _say(connection.connect().cue(session_id, source, item), as_json, wait=False)


def panic(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """Cut to the slate, now, whatever is on air; a show that has not begun begins with it."""
    _say(connection.connect().panic(session_id), as_json, wait=False)


def ingest(
    session_id: SessionArgument,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the stream keys; who has one can publish.")] = False,
    as_json: AsJson = False,
) -> None:
    """Where to publish to. The stream key is left out unless --reveal is given."""
    sources = connection.connect().ingest(session_id)["sources"]
    if not reveal:
        sources = [{"source": each["source"], "server": each["server"]} for each in sources]
    if as_json:
        print_json({"sources": sources})
        return
    for each in sources:
        print(facts(**each))
    if not reveal:
        console().print("The stream key is a secret; --reveal shows it.")


def thumbnail(
    session_id: SessionArgument,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="ID.jpg here if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a picture of the source on air, as MediaLive gets it."""
    answer, target = connection.connect().thumbnail(session_id), to or Path(f"{session_id}.jpg")
    target.write_bytes(base64.b64decode(answer["body"]))
    if as_json:
        print_json({"source": answer["source"], "at": answer["at"], "file": str(target)})
        return
    console().print(f"{target}: {answer['source']}, {answer['at']}", soft_wrap=True)


def timeline(session_id: SessionArgument, as_json: AsJson = False) -> None:
    """What happened to a session, oldest first."""
    answer = connection.connect().timeline(session_id)
    if as_json:
        print_json(answer)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("WHEN", no_wrap=True)
    table.add_column("#", justify="right")
    table.add_column("WHAT", no_wrap=True)
    table.add_column("")
    for entry in answer["timeline"]:
        what = entry.get("state") or entry["kind"]
        table.add_row(clock(entry["at"]), str(entry.get("attempt", 0)), Text(what, STYLES.get(what, "")), entry["text"])
    console().print(table)


def _say(answer: "Json", as_json: bool, wait: bool) -> None:
    """The answer's message; as JSON the whole of it, unless lines of progress follow."""
    if not as_json:
        console().print(answer["message"])
    elif not wait:
        print_json(answer)


def _say_next(state: str, session_id: str) -> None:
    if state in NEXT:
        console().print(NEXT[state].format(id=session_id))
