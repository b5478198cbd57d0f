"""What is so after every show, whatever went wrong in it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from showrunner.session import TRANSITIONS
from tests.simulation.world import World

Item = dict[str, Any]
# No person understands an exception's text, JSON, a name in code, or half a sentence.
UNREADABLE = re.compile(
    r"An error occurred|Traceback|errorMessage|[{}\[\]<>\\]|\b\w+(Exception|Error)\b|"
    r"Request ?I[Dd]|Status Code|https?:|None"
)
GONE = "is not stored any more"  # as somebody has deleted it
DONE = {"published", "failed", "deleted"}


def problems(world: World) -> list[str]:
    """What is not so; empty when all is well. Everything is over by now."""
    return [
        *_running(world),
        *_left(world),
        *(each for session in _rows(world, "META") for each in _session(world, session)),
        *_recordings(world),
        *_costs(world),
        *_secrets(world),
        *sorted(world.forbidden),
    ]


def losses(world: World) -> Iterator[str]:
    """What was lost of a show that nothing but passing trouble happened to."""
    for session in _rows(world, "META"):
        if _text(session, "state") != "ended":
            yield f"the show is {_text(session, 'state')}: {_text(session, 'reason')!r}"
    yield from lost_recordings(world)
    yield from lost_films(world)


def lost_films(world: World) -> Iterator[str]:
    for row in _rows(world, "RECORDING#"):
        if "film" not in row and _text(row, "state") == "published":
            yield f"recording {row['number']['N']} has no film: {_text(row, 'film_failure')!r}"


def unpublished(world: World) -> Iterator[str]:
    """Recordings that were not published, or have no film, although all that they need is stored."""
    yield from lost_recordings(world)
    yield from (each for each in lost_films(world) if GONE not in each)


def lost_recordings(world: World) -> Iterator[str]:
    """What no trouble that passes may cost, whatever becomes of the show."""
    for row in _rows(world, "RECORDING#"):
        if _text(row, "state") == "failed":
            yield f"recording {row['number']['N']} is lost: {_text(row, 'reason')!r}"


def readable(text: str | None) -> bool:
    """Whether it is a sentence for a person."""
    if not text or len(text) > 400 or UNREADABLE.search(text):
        return False
    return text[0].isupper() or text[0] in "'`"


def _rows(world: World, kind: str) -> list[Item]:
    return [item for item in world.table.items() if item["sk"]["S"].startswith(kind)]


def _text(item: Item, name: str) -> str | None:
    value: str | None = item.get(name, {}).get("S")
    return value


def _running(world: World) -> Iterator[str]:
    for run in world.engine._runs.values():
        if run.status == "RUNNING":
            yield f"the execution {run.machine.name} {run.name} still runs, in {world.visited(run)[-1:]}"


def _left(world: World) -> Iterator[str]:
    for channel in world.medialive.channels.values():
        if channel.state != "DELETED":
            yield f"MediaLive channel {channel.request.get('Name')} is {channel.state}"
    for each in world.medialive.inputs.values():
        if each.state != "DELETED":
            yield f"MediaLive input {each.name} is {each.state}"
    for channel in world.made_outputs():
        yield f"IVS channel {channel.settings['name']} exists"
    for channel in world.ivs.channels.values():
        if channel.stream is not None:
            yield f"IVS channel {channel.settings['name']} is live"
    if world.ivs.most_of_a_name > 1:
        yield "there are two IVS channels of one name of an owner's"
    for item in world.table.items():
        key = item["sk"]["S"]
        if key == "ACCOUNT":
            for name in item:
                if "-" in name or item[name].get("N", "0") != "0":
                    yield f"of the account's quotas is reserved: {name}"
        if key == "RUNNING" and item["taken"]["N"] != "0":
            yield f"{item['pk']['S']} has {item['taken']['N']} places that are taken"
        # What keeps a channel for its deletion lapses by itself, and expires.
        if key.startswith("WAIT#") or (key == "LEASE" and "expires" not in item):
            yield f"the row {item['pk']['S']} {key} is left"
        if "open" in item:
            yield f"{item['pk']['S']} {key} is open: {_text(item, 'open')}"


def _session(world: World, session: Item) -> Iterator[str]:
    session_id, state, reason = _text(session, "id"), _text(session, "state"), _text(session, "reason")
    if state not in ("ended", "failed", "created"):
        yield f"the session is {state}"
    if state == "failed" and not readable(reason):
        yield f"nobody understands the reason: {reason!r}"
    if state == "ended" and reason:
        yield f"it ended, with a reason: {reason!r}"
    sub = str(_text(session, "owner"))
    yield from _timeline(world, str(session_id))
    if "deleted_at" in session:
        return
    status, shown = world.call("GET", f"/sessions/{session_id}", sub=sub)
    if (status, shown.get("state"), shown.get("reason")) != (200, state, reason):
        yield f"the API says {status} {shown.get('state')} {shown.get('reason')!r}"
    for what in ("timeline", "executions", "recordings"):
        status, said = world.call("GET", f"/sessions/{session_id}/{what}", sub=sub)
        if status != 200:
            yield f"GET {what}: {status} {said}"


def _timeline(world: World, session_id: str) -> Iterator[str]:
    rows = sorted(world.table.partitions[f"SESSION#{session_id}"].items())
    states = [row["state"]["S"] for key, row in rows if key.startswith("TIMELINE#") and "state" in row]
    for before, after in zip(["created", *states], states, strict=False):
        if after not in TRANSITIONS[before]:  # type: ignore[index]
            yield f"the timeline goes from {before} to {after}"


def _recordings(world: World) -> Iterator[str]:
    for row in _rows(world, "RECORDING#"):
        name, state = f"{_text(row, 'session_id')}-{row['attempt']['N']}-{row['number']['N']}", _text(row, "state")
        if state not in DONE:
            yield f"recording {name} is {state}"
        if state == "failed" and not readable(_text(row, "reason")):
            yield f"nobody understands why recording {name} failed: {_text(row, 'reason')!r}"
        if state == "published" and "film" not in row and not readable(_text(row, "film_failure")):
            yield f"recording {name} has no film, and nobody understands why: {_text(row, 'film_failure')!r}"
    for attempt in _rows(world, "ATTEMPT#"):
        session = world.item(attempt["pk"]["S"], "META")
        if _text(session, "record") != "auto" or "live_at" not in attempt:
            continue
        number = attempt["number"]["N"]
        stem = f"RECORDING#{int(number):06d}#"
        rows = world.table.partitions[attempt["pk"]["S"]]
        recorded = any(key.startswith(stem) and row["name"]["S"] == "show" for key, row in rows.items())
        told = any(key.startswith("TIMELINE#") and _text(row, "kind") == "recording" for key, row in rows.items())
        if not recorded and not told:
            yield f"attempt {number} was to be recorded, was not, and nobody was told"


def _costs(world: World) -> Iterator[str]:
    """Each attempt's cost is in its months' sums once, unless its row is lost, and nothing goes on."""
    told: Counter[tuple[str, str]] = Counter()
    for attempt in _rows(world, "ATTEMPT#"):
        owner = world.item(attempt["pk"]["S"], "META")["owner"]["S"]
        shares = attempt.get("spending", {"M": {}})["M"]
        if not shares and "spending" in attempt:  # of a release before, an attempt that was over then is in none
            yield f"attempt {attempt['number']['N']} of {attempt['pk']['S']} is in no month's cost"
        for month, share in shares.items():
            for whose in ("STAGE", f"OWNER#{owner}"):
                told[f"COSTS#{month}", whose] += int(share["M"]["spent"]["N"])
    sums = {
        (item["pk"]["S"], item["sk"]["S"]): item for item in world.table.items() if item["pk"]["S"].startswith("COSTS#")
    }
    if told and told != {key: int(item["spent"]["N"]) for key, item in sums.items()}:
        yield f"the months' costs are {sums}, and the attempts' {dict(told)}"
    yield from (f"{key} goes on" for key, item in sums.items() if item["rate"]["N"] != "0")


def _secrets(world: World) -> Iterator[str]:
    places = {"history": world.history(), "log": world.log.getvalue(), "answers": json.dumps(world.answers)}
    for place, text in places.items():
        for secret in world.secrets():
            if secret in text:
                yield f"a secret stands in the {place}"
                break
