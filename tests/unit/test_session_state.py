"""What a page asks every two seconds: how a session stands and what is new, at one read while nothing is."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from msgspec import structs

from showrunner import aws, clock, cost, guards, standing
from showrunner.medialive import Channel
from showrunner.overlay import Overlay
from showrunner.session import Attempt, Failure, NoPicture, Session, Source, State, Tracklist, isotime, now
from showrunner.sound import Level, Sound
from showrunner.store import Store
from showrunner.switch import Cue, Switch
from tests.simulation.clients import Straight
from tests.unit import test_api

ROOT = Path(__file__).parents[2]
call = test_api.call
PATH = "/sessions/show"
Ask = Callable[..., tuple[int, Any, dict[str, str]]]


@contextmanager
def reads() -> Iterator[list[str]]:
    """DynamoDB's operations within."""
    found: list[str] = []

    def note(self: Straight, service: str, operation: str, params: Any, tried: int, act: Callable[[], Any]) -> Any:
        if service == "dynamodb":
            found.append(operation)
        return act()

    with patch.object(Straight, "line", note):
        yield found


@pytest.fixture
def show(table: Store) -> Store:
    """Attempt 1 of ann's session 'show', on air."""
    table.create_session(Session(id="show", owner="ann", sources=[Source("host"), Source("callers")]))
    assert table.begin_attempt(table.session("show"), start=True)
    for state in ("starting", "waiting_for_input", "live"):
        assert table.advance("show", 1, state, "on")
    return table


def asked(call: Ask, etag: str = "", **query: str) -> tuple[int, Any, dict[str, str]]:
    return call("GET", PATH, query=query, headers={"if-none-match": etag} if etag else {})


def test_while_nothing_changes_a_page_costs_one_read(call: Ask, show: Store) -> None:
    status, first, headers = asked(call, after="")
    assert (status, headers["cache-control"]) == (200, "private, no-cache")
    assert [entry["state"] for entry in first["timeline"]] == ["preparing", "starting", "waiting_for_input", "live"]
    assert "ETag" in headers["access-control-expose-headers"]
    with reads() as made:
        status, body, again = asked(call, headers["etag"], after=first["cursor"])
    assert (status, body, again["etag"], made) == (304, None, headers["etag"], ["BatchGetItem"])


def test_what_is_new_comes_with_it_and_is_told_from_what_came(call: Ask, show: Store) -> None:
    _, first, headers = asked(call, after="")
    later = isotime(clock.now() + timedelta(seconds=60))
    show.ask("show", 1, [Switch("take-1", "callers", "ann", later)], "'callers' was asked for")
    status, second, _ = asked(call, headers["etag"], after=first["cursor"])
    assert (status, second["taking"], second["version"]) == (200, "callers", first["version"] + 1)
    seen = {entry["id"] for entry in first["timeline"]}
    assert [entry["kind"] for entry in second["timeline"] if entry["id"] not in seen] == ["switch"]
    _, third, _ = asked(call, after=second["cursor"])
    assert [entry["kind"] for entry in third["timeline"]] == ["switch"]


def test_an_entry_that_was_written_late_comes_all_the_same(call: Ask, show: Store) -> None:
    _, first, headers = asked(call, after="")
    at = isotime(clock.now() - timedelta(seconds=5))
    show.ask("show", 1, [Switch("take-1", "callers", "ann", at)], "'callers' was asked for")
    _, second, _ = asked(call, headers["etag"], after=first["cursor"])
    assert "switch" in [entry["kind"] for entry in second["timeline"]]


def test_without_after_there_is_no_timeline(call: Ask, show: Store) -> None:
    _, body, _ = asked(call)
    assert (body["timeline"], body["cursor"]) == ([], None)


CHANGES: dict[str, Callable[[Store], Any]] = {
    "a note": lambda table: table.note("show", 1, "cleanup", "done"),
    "a note of an attempt before": lambda table: table.note("show", 0, "privacy", "done"),
    "a state": lambda table: table.advance("show", 1, "stopping", "stop"),
    "the end": lambda table: (table.advance("show", 1, "stopping", ""), table.close_attempt("show", 1)),
    "a failure": lambda table: (
        table.advance("show", 1, "stopping", ""),
        table.close_attempt("show", 1, Failure("NoInput", "Nobody published.")),
    ),
    "what was made": lambda table: table.remember("show", 1, playback_url="https://play"),
    "the programme's level": lambda table: table.set_sound(table.session("show"), Sound(mute=True), "", "ann"),
    "a source's level": lambda table: table.set_level(table.session("show"), "host", Level(-3), "", "ann"),
    "the tracklist": lambda table: table.set_tracklist(table.session("show"), Tracklist(["m-1"]), "", "ann"),
    "a switch": lambda table: table.ask("show", 1, [Switch("take-1", "callers", "ann", now())], ""),
    "what is on air": lambda table: table.on_air("show", 1, "host"),
    "a cue": lambda table: table.cue("show", 1, Cue("callers", None), "ann"),
    "an overlay": lambda table: table.overlay("show", 1, Overlay(image="m-1"), "ann"),
    "a lost stream": lambda table: table.lose_stream("show", 1, "lost"),
    "an extension": lambda table: table.extend(table.attempt("show", 1), {"extended_seconds": 60}, "Extended", "ann"),
    "a recording": lambda table: table.open_recording(table.session("show"), 1, "x", now()),
    "who watches": lambda table: (
        table.mark("show", 1, "live_at"),
        table.see_stream(table.attempt("show", 1), 7, "HEALTHY"),
    ),
    "a lost picture": lambda table: (
        table.on_air("show", 1, "host"),
        table.set_picture("show", 1, NoPicture("host", now())),
    ),
}


@pytest.mark.parametrize("change", [pytest.param(each, id=name) for name, each in CHANGES.items()])
def test_whatever_changes_is_seen(call: Ask, show: Store, change: Callable[[Store], Any]) -> None:
    _, _, headers = asked(call)
    change(show)
    assert asked(call, headers["etag"])[0] == 200


def test_a_recording_that_is_closed_is_seen(call: Ask, show: Store) -> None:
    recording, _ = show.open_recording(show.session("show"), 1, "interview", now())
    _, before, headers = asked(call)
    (shown,) = before["open_recordings"]
    assert (shown["id"], shown["state"], shown["start"]) == ("show-1-1", "open", recording.start)
    show.close_recording(recording, now())
    status, after, headers = asked(call, headers["etag"])
    assert (status, after["open_recordings"]) == (200, [])
    show.publish_recording(recording)
    assert asked(call, headers["etag"])[0] == 200


def test_what_runs_is_listed_by_two_reads_and_no_index(call: Ask, show: Store) -> None:
    for name in ("rests", "stops", "newest"):
        show.create_session(Session(id=name, owner="ann", created_at=f"2036-01-0{len(name)}T00:00:00.000Z"))
    show.create_session(Session(id="ben-s", owner="ben"))
    for name in ("stops", "newest", "ben-s"):
        assert show.begin_attempt(show.session(name), start=True)
    show.advance("stops", 1, "stopping", "off")
    with reads() as found:
        _, body, _ = call("GET", "/sessions", query={"running": "true"})
    assert found == ["GetItem", "BatchGetItem"]
    assert ([each["id"] for each in body["sessions"]], body["next"]) == (["newest", "stops", "show"], None)
    show.close_attempt("stops", 1)
    show.hide("newest", 1)
    assert [each["id"] for each in call("GET", "/sessions", query={"running": "true"})[1]["sessions"]] == ["show"]
    assert call("GET", "/sessions", sub="eve", query={"running": "true"})[1]["sessions"] == []


def test_time_alone_is_seen(call: Ask, show: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    show.ask("show", 1, [Switch("take-1", "callers", "ann", now())], "")
    _, _, headers = asked(call)
    assert asked(call, headers["etag"])[0] == 304
    later = clock.now() + timedelta(seconds=60)
    monkeypatch.setattr(clock, "now", lambda: later)
    status, body, _ = asked(call, headers["etag"])
    assert (status, body["switches"][0]["state"]) == (200, "unconfirmed")


def test_an_etag_is_compared_as_http_has_it(call: Ask, show: Store) -> None:
    _, _, headers = asked(call)
    etag = headers["etag"]
    assert [asked(call, each)[0] for each in (etag, f"W/{etag}", f'"x", {etag}', "*")] == [304] * 4
    assert [asked(call, each)[0] for each in ('"x"', "1-2", '"99-1-0"', '"-', '"9999999999-1"')] == [200] * 5


def test_a_new_attempt_is_seen_by_who_knows_the_one_before(call: Ask, show: Store) -> None:
    _, _, headers = asked(call)
    show.advance("show", 1, "stopping", "stop")
    show.close_attempt("show", 1)
    assert show.begin_attempt(show.session("show"), start=True)
    status, body, _ = asked(call, headers["etag"])
    assert (status, body["attempt"], body["step"]["name"]) == (200, 2, "Provision")


def test_nobody_elses_session_is_unchanged(call: Ask, show: Store) -> None:
    for etag in ("*", asked(call)[2]["etag"]):
        assert call("GET", PATH, sub="ben", headers={"if-none-match": etag})[0] == 404
    assert call("GET", "/sessions/other", headers={"if-none-match": '"1-1-0"'})[0] == 404


@pytest.mark.parametrize("after", ["yesterday", "2026-01-01 00:00", "~", "0" * 31])
def test_a_cursor_that_is_none_is_refused(call: Ask, show: Store, after: str) -> None:
    status, body, _ = asked(call, after=after)
    assert (status, body["details"]) == (400, {"field": "after"})


def test_what_dynamodb_leaves_out_is_read_again(show: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = aws.dynamodb()
    left = {"Responses": {show.table: []}, "UnprocessedKeys": {show.table: {"Keys": []}}}
    monkeypatch.setattr(client, "batch_get_item", lambda **_: left)
    assert show.standing("show", 1) == (show.session("show"), show.attempt("show", 1))


# -- how it stands: pure

AT = datetime(2026, 7, 1, 20, tzinfo=UTC)


def standing_in(state: State, **attempt: Any) -> tuple[Session, Attempt]:
    sources = [Source("host"), Source("callers"), Source("tracks", "MP4_FILE")]
    session = Session(id="show", owner="ann", sources=sources, state=state, state_at=isotime(AT), attempt=1)
    return session, Attempt("show", 1, created_at=isotime(AT), **attempt)


INPUTS = {"host": "1", "callers": "2", "tracks": "3", "slate": "4"}
STEPS: list[tuple[State, dict[str, Any], str | None]] = [
    ("created", {}, None),
    ("preparing", {}, "Provision"),
    ("preparing", {"ivs_channel_arn": "arn", "inputs": {"host": "1"}}, "Provision"),
    ("preparing", {"ivs_channel_arn": "arn", "inputs": INPUTS}, "CreateChannel"),
    ("preparing", {"ivs_channel_arn": "arn", "inputs": INPUTS, "channel_id": "5"}, "WaitChannelIdle"),
    ("ready", {"channel_id": "5"}, "WaitStart"),
    ("ready", {"channel_id": "5", "start_requested_at": "2026"}, "StartChannel"),
    ("starting", {}, "WaitChannelRunning"),
    ("starting", {"running_at": "2026"}, "WaitStreamLive"),
    ("waiting_for_input", {"running_at": "2026"}, "WaitStreamLive"),
    ("live", {"live_at": "2026"}, "Live"),
    ("stopping", {}, "Cleanup"),
    ("ended", {}, None),
    ("failed", {}, None),
]


def test_the_steps_are_states_of_the_machine() -> None:
    machine = json.loads((ROOT / "state_machines" / "session.asl.json").read_text())
    assert set(standing.STEPS) <= set(machine["States"])
    assert {name for _, _, name in STEPS if name} == set(standing.STEPS)


@pytest.mark.parametrize(("state", "attempt", "name"), STEPS)
def test_a_step_follows_from_the_table(state: State, attempt: dict[str, Any], name: str | None) -> None:
    step = standing.step(*standing_in(state, **attempt))
    assert (step.name if step else None) == name
    assert step is None or step.since


INGEST: list[tuple[State, dict[str, Any], dict[str, str]]] = [
    ("ready", {}, {"host": "unknown", "callers": "unknown"}),
    ("waiting_for_input", {}, {"host": "no", "callers": "unknown"}),
    ("waiting_for_input", {"hold": True}, {"host": "unknown", "callers": "unknown"}),
    ("live", {}, {"host": "unknown", "callers": "unknown"}),
    ("live", {"on_air": "host"}, {"host": "yes", "callers": "unknown"}),
    ("live", {"on_air": "callers"}, {"host": "unknown", "callers": "yes"}),
    ("live", {"on_air": "slate"}, {"host": "unknown", "callers": "unknown"}),
    ("live", {"on_air": "host", "no_picture": NoPicture("host", "x")}, {"host": "no", "callers": "unknown"}),
    ("live", {"on_air": "callers", "no_picture": NoPicture("host", "x")}, {"host": "unknown", "callers": "yes"}),
    ("stopping", {"on_air": "host"}, {"host": "unknown", "callers": "unknown"}),
]


@pytest.mark.parametrize(("state", "attempt", "told"), INGEST)
def test_who_publishes_is_said_of_the_source_on_air_alone(
    state: State, attempt: dict[str, Any], told: dict[str, str]
) -> None:
    found = standing.ingest(*standing_in(state, **attempt))
    assert {each.source: each.publishing for each in found} == told


def warned(after: float, state: State = "live", **attempt: Any) -> dict[str, str]:
    session, made = standing_in(state, **attempt)
    found = standing.warnings(session, made, guards.told(session, made), AT + timedelta(seconds=after))
    return {each.kind: each.since for each in found}


def test_what_is_wrong_is_warned_of_while_it_is() -> None:
    at, hour = isotime(AT), 3600.0
    assert warned(hour, live_at=at, on_air="host") == {}
    assert warned(hour / 4, live_at=at, stream_lost_at=at, starving_at=at) == {"stream-lost": at, "starving": at}
    gone = NoPicture("host", isotime(AT + timedelta(seconds=60)))
    assert warned(hour / 4, live_at=at, on_air="host", no_picture=gone) == {"no-picture": gone.since}
    assert warned(hour / 4, live_at=at, on_air="slate", no_picture=gone) == {}
    soon = isotime(AT + timedelta(seconds=1800 + 60 - 600))
    assert warned(hour / 2, live_at=at, on_air="host", no_picture=gone)["ends-soon"] == soon
    assert warned(8 * hour - 601, live_at=at) == {}
    assert list(warned(8 * hour - 599, live_at=at)) == ["ends-soon"]
    assert list(warned(2 * hour - 1, "ready")) == ["ends-soon"]
    assert list(warned(hour / 2 - 1, "waiting_for_input", running_at=at)) == ["ends-soon"]
    assert warned(8 * hour, "stopping", live_at=at) == {}


def test_a_show_that_began_with_the_slate_and_that_nobody_came_to_is_warned_of() -> None:
    at, hour = isotime(AT), 3600.0
    assert warned(hour / 2 - 1, live_at=at, hold=True, on_air="slate") == {}
    assert warned(hour / 2, live_at=at, hold=True, on_air="slate") == {"unattended": isotime(AT + timedelta(hours=0.5))}
    assert warned(hour, live_at=at, on_air="slate") == {}
    for taken in ({"on_air": "host"}, {"on_air": "slate", "on_air_action": "panic-1"}):
        assert warned(hour, live_at=at, hold=True, **taken) == {}


def ends(state: State = "live", **attempt: Any) -> dict[str, str]:
    """Kind of deadline -> its text from `after` on."""
    found = guards.told(*standing_in(state, **attempt))
    return {each.kind: each.text.partition(", after ")[2] for each in found}


def test_a_file_that_is_over_and_that_nothing_follows_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    at, before, after = (isotime(AT + timedelta(seconds=seconds)) for seconds in (0, -1, 1))
    on_air = {"live_at": before, "on_air_at": before}
    assert "idle" not in ends(**on_air, on_air="tracks", on_air_until=after)
    assert "idle" in ends(**on_air, on_air="tracks", on_air_until=at)
    alone: dict[str, Any] = {**on_air, "on_air": "tracks", "on_air_until": after, "on_air_action": "take-1"}
    assert "idle" in ends(**alone), "which is known before its end"
    for coming in ({"after": "take-1"}, {"at": after}, {}):
        assert "idle" not in ends(**alone, switches={"take-2": Switch("take-2", "host", "ann", at, **coming)})
    assert "idle" not in ends(**on_air, on_air="host", on_air_until=None)
    session, attempt = standing_in("live", **on_air, on_air="tracks", on_air_until=before)
    (_, idle) = guards.of_the_show(session, attempt, Channel("1", "arn", "RUNNING", "tracks"))
    assert (idle.kind, idle.at) == ("idle", AT + timedelta(seconds=1799))
    assert len(list(guards.of_the_show(session, attempt, Channel("1", "arn", "RUNNING", "callers2")))) == 1


def test_a_deadline_says_only_what_can_be_done() -> None:
    live, wait = {"live_at": isotime(AT)}, {"running_at": isotime(AT)}
    assert ends(**live) == {"longest": "28800 s on air, unless it is extended"}
    assert ends(**live, extended_seconds=86_400 - 28_800 - 59) == {
        "longest": "86341 s on air, as long as a show can be"
    }
    for state in ("starting", "waiting_for_input"):
        said = "1800 s without input, unless somebody publishes to 'host' or it is extended"
        assert ends(state, **wait) == {"no-input": said}
    said = "7200 s without input, unless somebody publishes to 'host'"
    assert ends("waiting_for_input", **wait, extended_wait=5400) == {"no-input": said}


def test_a_stream_that_is_lost_is_a_deadline_as_any_other() -> None:
    lost = ends(live_at=isotime(AT), stream_lost_at=isotime(AT))
    assert lost["no-stream"] == "1800 s without a stream on IVS, unless IVS has the stream again"


def test_rates_add_up_to_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = 3.0
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(hours=hours))
    session, attempt = standing_in("live", running_at=isotime(AT), live_at=isotime(AT))
    rates = cost.rates(session, attempt)
    assert all(each.since == isotime(AT) for each in rates)
    sum_of_rates = sum(each.dollars_per_hour or 0 for each in rates) * hours
    lines = {line.item: line.dollars or 0 for line in cost.cost_of(cost.lived(session, attempt)).lines}
    begun = 0.000685  # 25 transitions and 50 functions
    assert sum_of_rates + begun == pytest.approx(sum(lines.values()), abs=1e-5)
    assert lines.keys() == {each.item for each in rates}
    prepared = cost.rates(session, structs.replace(attempt, running_at=None, live_at=None))
    assert [each.item for each in prepared] == ["medialive idle channel", "medialive idle push input"]
    assert {(each.dollars_per_hour, each.since) for each in prepared} == {(None, attempt.created_at)}
    assert cost.rates(session, structs.replace(attempt, ended_at=isotime(AT))) == []
