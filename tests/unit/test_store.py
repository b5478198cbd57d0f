"""The table: conditions hold, and whatever is repeated changes nothing twice."""

import time
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.clock import VirtualClock
from showrunner import aws, clock
from showrunner.errors import InProgress, OutputInUse, SessionExists, SessionNotFound, StopRequested
from showrunner.media import Media
from showrunner.overlay import Overlay
from showrunner.recording import Film, Playlist, parts_of
from showrunner.session import RESTING, TRANSITIONS, Attempt, Failure, Session, Source, State, now
from showrunner.sound import Level
from showrunner.store import Store, Wait
from showrunner.store.leases import Lease
from showrunner.store.table import pack
from showrunner.switch import Switch
from tests.inprocess import table_in_memory, table_on_moto

CHANNEL = "arn:aws:ivs:us-east-1:123456789012:channel/abc"


@pytest.fixture(params=["moto", "memory"])
def table(request: pytest.FixtureRequest, environment: None) -> Iterator[Store]:
    """On moto, and on the simulation's table: they are to be the same."""
    with table_on_moto() if request.param == "moto" else table_in_memory() as store:
        yield store


def begun(table: Store, session_id: str = "show", start: bool = True) -> Session:
    session = Session(id=session_id, owner="ann")
    table.create_session(session)
    assert table.begin_attempt(session, start)
    return table.session(session_id)


def test_a_session_is_kept_as_it_was_given(table: Store) -> None:
    session = Session(id="show", owner="ann", title="Tönt gut", sources=[Source("host"), Source("callers")])
    table.create_session(session)
    assert table.session("show") == session


def test_an_owners_files_are_no_sessions(table: Store) -> None:
    begun(table)
    table.add_media(Media("m-1", "ann", "track", "A song", "2026-01-01T00:00:00.000Z"))
    sessions, _ = table.sessions_of("ann", 50, None)
    assert [session.id for session in sessions] == ["show"]


def test_an_id_is_taken_once(table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    with pytest.raises(SessionExists):
        table.create_session(Session(id="show", owner="ben"))
    assert table.session("show").owner == "ann"


def test_an_unknown_session_is_not_found(table: Store) -> None:
    with pytest.raises(SessionNotFound, match="There is no session 'none'"):
        table.session("none")
    with pytest.raises(SessionNotFound):
        table.attempt("none", 1)


def test_only_one_of_two_begins_makes_the_attempt(table: Store) -> None:
    session = Session(id="show", owner="ann")
    table.create_session(session)
    assert [table.begin_attempt(session, True), table.begin_attempt(session, True)] == [True, False]
    assert table.session("show").attempt == 1
    assert table.session("show").state == "preparing"
    assert table.attempt("show", 1).start_requested_at is not None


def test_a_session_moves_only_as_the_table_of_transitions_says(table: Store) -> None:
    targets: list[State] = [state for state in TRANSITIONS if state != "created"]
    for number, (before, after) in enumerate(product(TRANSITIONS, targets)):
        table.create_session(Session(id=f"show-{number}", owner="ann", state=before, attempt=1))
        moved = table.advance(f"show-{number}", 1, after, "test")
        assert moved == (after in TRANSITIONS[before]), (before, after)
        assert table.session(f"show-{number}").state == (after if moved else before)
        assert len(table.timeline(f"show-{number}")) == moved


def test_a_state_comes_behind_the_one_before_it_whoever_took_the_time_first(
    table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(table)
    before = now()
    assert table.advance("show", 1, "starting", "The channel is starting")
    monkeypatch.setattr("showrunner.store.sessions.now", lambda: before)
    assert table.advance("show", 1, "stopping", "Stop requested")
    assert not table.advance("show", 1, "starting", "The channel is starting")
    assert table.close_attempt("show", 1)
    states = [entry.state for entry in table.timeline("show")]
    assert states == ["preparing", "starting", "stopping", "ended"]


def test_another_attempts_news_change_nothing(table: Store) -> None:
    begun(table)
    assert not table.advance("show", 2, "stopping", "not mine")
    assert not table.advance("show", 0, "stopping", "late")
    assert table.session("show").state == "preparing"


def test_a_repeated_move_leaves_one_timeline_entry_and_one_version(table: Store) -> None:
    version = begun(table).version
    assert [table.advance("show", 1, "starting", "go"), table.advance("show", 1, "starting", "go")] == [True, False]
    assert table.session("show").version == version + 1
    assert [entry.state for entry in table.timeline("show")] == ["preparing", "starting"]


CONFLICTS = [
    {"Error": {"Code": "TransactionConflictException", "Message": "Transaction is ongoing for the item"}},
    {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
    },
]


@pytest.mark.parametrize("conflict", CONFLICTS, ids=["write", "transaction"])
def test_a_write_that_meets_another_is_tried_again(
    table: Store, conflict: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(table)
    meetings = [conflict] * 3

    def meet(**_: Any) -> None:
        if meetings:
            raise ClientError(meetings.pop(), "Write")

    client: Any = aws.dynamodb()
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with monkeypatch.context() as meeting:
        for name in ("transact_write_items", "update_item"):
            write = getattr(client, name)
            meeting.setattr(client, name, lambda write=write, **params: (meet(), write(**params))[1])
        assert table.advance("show", 1, "starting", "go")
        meetings += [conflict] * 3
        assert table.mark("show", 1, "stop_requested_at")
        meetings += [conflict] * 99
        with pytest.raises(InProgress):
            table.advance("show", 1, "stopping", "stop")
    assert table.session("show").state == "starting"


def test_a_mark_is_set_once(table: Store) -> None:
    begun(table)
    assert table.mark("show", 1, "stop_requested_at")
    first = table.attempt("show", 1).stop_requested_at
    assert not table.mark("show", 1, "stop_requested_at")
    assert table.attempt("show", 1).stop_requested_at == first


def test_what_a_closing_attempt_makes_is_remembered_and_refused(table: Store) -> None:
    begun(table)
    table.remember("show", 1, channel_id="111")
    table.mark("show", 1, "closing_at")
    table.close_attempt("show", 1)
    assert list(table.open_attempts()) == []
    with pytest.raises(StopRequested):
        table.remember_input("show", 1, "host", "222")
    assert table.attempt("show", 1).inputs == {"host": "222"}
    assert [each.number for each in table.open_attempts()] == [1]


def test_an_attempt_is_closed_and_its_session_ended_at_once_or_not_at_all(
    table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(table)
    table.advance("show", 1, "stopping", "stop")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(table, "_told", die)
        with pytest.raises(KeyboardInterrupt):
            table.close_attempt("show", 1)
    assert table.session("show").state == "stopping"
    assert [each.number for each in table.open_attempts()] == [1]
    table.close_attempt("show", 1)
    assert (table.session("show").state, list(table.open_attempts())) == ("ended", [])


def test_closing_an_old_attempt_leaves_the_running_one_alone(table: Store) -> None:
    begun(table)
    for state in ("stopping", "ended"):
        table.advance("show", 1, state, "over")
    assert table.begin_attempt(table.session("show"), True)
    table.close_attempt("show", 1, Failure("Late", "late"))
    assert (table.session("show").state, table.session("show").reason) == ("preparing", None)
    assert [each.number for each in table.open_attempts()] == [2]


def test_the_first_failure_is_the_reason(table: Store) -> None:
    begun(table)
    table.note_failure("show", 1, Failure("NoInput", "first"))
    table.note_failure("show", 1, Failure("Other", "second"))
    assert table.attempt("show", 1).failure == Failure("NoInput", "first")


def test_a_claim_keeps_others_out_until_it_lapses(table: Store) -> None:
    begun(table)
    table.claim("show", 1, "thing", "run-1", seconds=60)
    with pytest.raises(InProgress):
        table.claim("show", 1, "thing", "run-2", seconds=60)
    table.claim("show", 1, "other", "run-2", seconds=-60)
    table.claim("show", 1, "other", "run-3", seconds=60)


def test_a_woken_wait_is_deleted_only_while_its_token_is_the_newest(table: Store) -> None:
    old = Wait("show", 1, "show-1", "channel_idle", "old")
    new = Wait("show", 1, "show-1", "channel_idle", "new")
    table.put_wait(old)
    table.put_wait(new)
    table.delete_wait(old)
    assert table.waits("show", 1) == [new]
    table.delete_wait(new)
    assert table.waits("show", 1) == []


def test_waits_of_another_attempt_are_left_alone(table: Store) -> None:
    table.put_wait(Wait("show", 2, "show-2", "channel_idle", "token"))
    assert table.waits("show", 1) == []


def test_a_lease_is_held_by_one_attempt(table: Store) -> None:
    table.lease(CHANNEL, "show", 1, seconds=60)
    table.lease(CHANNEL, "show", 1, seconds=60)
    with pytest.raises(OutputInUse, match="'show-1'"):
        table.lease(CHANNEL, "other", 1, seconds=60)
    table.release(CHANNEL, "other", 1)
    with pytest.raises(OutputInUse):
        table.lease(CHANNEL, "other", 1, seconds=60)
    table.release(CHANNEL, "show", 1)
    table.lease(CHANNEL, "other", 1, seconds=60)


def test_a_crash_leaves_a_channel_taken_for_as_long_as_its_lease_lasts(table: Store) -> None:
    time = VirtualClock()
    clock.use(time)
    try:
        table.lease(CHANNEL, "a-b", 1, seconds=60)
        until = int(time.time()) + 60
        assert table.lease_of(CHANNEL) == Lease("a-b", 1, until)
        time.advance(60)
        with pytest.raises(OutputInUse, match="'a-b-1'"):
            table.lease(CHANNEL, "other", 1, seconds=60)
        time.advance(1)
        assert table.lease_of(CHANNEL) is None
        table.lease(CHANNEL, "other", 1, seconds=60)
        table.release(CHANNEL, "a-b", 1)  # its cleanup, at last
        assert table.lease_of(CHANNEL) == Lease("other", 1, until + 61)
    finally:
        clock.use()


def test_a_lapsed_lease_is_free(table: Store) -> None:
    table.lease(CHANNEL, "show", 1, seconds=-60)
    table.lease(CHANNEL, "other", 1, seconds=60)


def test_sessions_of_an_owner_come_in_pages_without_the_deleted(table: Store) -> None:
    for number in range(5):
        table.create_session(
            Session(id=f"show-{number}", owner="ann", created_at=f"2026-01-0{number + 1}T00:00:00.000Z")
        )
    table.create_session(Session(id="foreign", owner="ben"))
    table.hide("show-4", 0)
    first, cursor = table.sessions_of("ann", 3, None)
    second, end = table.sessions_of("ann", 3, cursor)
    assert [s.id for s in first + second] == ["show-3", "show-2", "show-1", "show-0"]
    assert end is None


def test_two_entries_of_a_kind_in_one_millisecond_are_both_told(table: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    session = begun(table)
    monkeypatch.setattr(clock, "_clock", VirtualClock())
    for name in ("host", "callers"):
        table.set_level(session, name, Level(-3), f"Level of {name}: -3 dB", "ann")
    told = [entry for entry in table.timeline("show") if entry.kind == "sound"]
    assert sorted(entry.text for entry in told) == ["Level of callers: -3 dB", "Level of host: -3 dB"]
    assert len({entry.at for entry in told}) == 1
    assert len({entry.id for entry in told}) == 2


def test_an_entry_of_a_release_before_has_the_id_that_it_had(table: Store) -> None:
    begun(table)
    row = {"at": "2026-01-01T00:00:00.000Z", "kind": "cost", "text": "a", "attempt": 1}
    key = {"pk": "SESSION#show", "sk": "TIMELINE#2026-01-01T00:00:00.000Z#000001-cost"}
    aws.dynamodb().put_item(TableName=table.table, Item=pack(key | row))
    assert table.timeline("show")[0].id == "2026-01-01T00:00:00.000Z#000001-cost"


def test_a_note_is_written_once_for_an_attempt(table: Store) -> None:
    begun(table)
    table.note("show", 1, "cost", "a")
    table.note("show", 1, "cost", "b")
    assert [e.text for e in table.timeline("show") if e.kind == "cost"] == ["a"]


def test_resting_states_are_those_without_anything_on_aws() -> None:
    assert {"created", "ended", "failed"} == RESTING


def test_a_window_is_opened_once_under_its_name(table: Store) -> None:
    session = begun(table)
    first, opened = table.open_recording(session, 1, "recording", None)
    again, reopened = table.open_recording(session, 1, "recording", "2026-01-01T00:00:00.000Z")
    other, _ = table.open_recording(session, 1, "interview", "2026-01-01T00:00:00.000Z")
    assert (opened, reopened) == (True, False)
    assert again == first
    assert [(first.id, first.state), (other.id, other.state)] == [("show-1-1", "armed"), ("show-1-2", "open")]
    assert table.recordings("show") == [first, other]
    assert table.recordings("show", 2) == []


def test_a_window_is_closed_and_published_once(table: Store) -> None:
    recording, _ = table.open_recording(begun(table), 1, "recording", "2026-01-01T00:00:00.000Z")
    assert not table.publish_recording(recording)
    assert table.close_recording(recording, "2026-01-01T00:01:00.000Z")
    assert not table.close_recording(recording, "2026-01-01T00:02:00.000Z")
    assert table.fail_recording(recording, "no luck")
    assert table.publish_recording(recording)
    assert not table.publish_recording(recording)
    kept = table.recording("show", 1, 1)
    assert kept is not None
    assert (kept.state, kept.end) == ("published", "2026-01-01T00:01:00.000Z")
    again, opened = table.open_recording(table.session("show"), 1, "recording", None)
    assert (again.number, opened) == (2, True)
    assert table.recording("show", 1, 3) is None


def test_the_first_film_stays_and_its_playlist_too(table: Store) -> None:
    recording, _ = table.open_recording(begun(table), 1, "recording", "2026-01-01T00:00:00.000Z")
    film = Film("film", "picture", 1, 1000, 640, 360)
    assert table.cut_recording(recording, Playlist("key", 900))
    assert table.cut_recording(recording, Playlist("key", 1000))
    assert table.fail_film(recording, "no luck")
    assert table.add_film(recording, film)
    assert not table.add_film(recording, Film("other", "picture", 2, 2000, 640, 360))
    assert not table.cut_recording(recording, Playlist("other", 2000))
    assert not table.fail_film(recording, "too late")
    kept = table.recording("show", 1, 1)
    assert kept is not None
    assert (kept.playlist, kept.film, kept.film_failure) == (Playlist("key", 1000), film, None)


def test_a_recordings_id_says_whose_it_is() -> None:
    assert parts_of("my-show-2-13") == ("my-show", 2, 13)
    for wrong in ("show", "show-1", "-1-1", "show-a-1", "show-1-²", ""):
        assert parts_of(wrong) is None


def test_rows_of_an_earlier_release_take_what_came_later(table: Store) -> None:
    """They have no `switches`, `overlays` and `levels`."""
    begun(table)
    client: Any = aws.dynamodb()
    for sk, maps in (("META", "levels"), ("ATTEMPT#000001", "switches, overlays")):
        key = {"pk": {"S": "SESSION#show"}, "sk": {"S": sk}}
        client.update_item(TableName=table.table, Key=key, UpdateExpression=f"REMOVE {maps}")
    table.ask("show", 1, [Switch("take-1", "host", "ann", now())], "asked")
    table.overlay("show", 1, Overlay(), "ann")
    table.overlay("show", 1, Overlay(image="logo"), "ann")
    table.set_level(table.session("show"), "host", Level(gain_db=3), "louder", "ann")
    attempt = table.attempt("show", 1)
    assert (list(attempt.switches), list(attempt.overlays)) == (["take-1"], ["0"])
    assert table.session("show").levels == {"host": Level(gain_db=3)}
    assert [entry.kind for entry in table.timeline("show")][-2:] == ["overlay", "sound"]


def on_air(table: Store) -> Any:
    begun(table)
    assert table.mark("show", 1, "live_at")
    return table.attempt("show", 1)


def seen(table: Store) -> tuple[Any, ...]:
    attempt = table.attempt("show", 1)
    return attempt.viewers, attempt.health, bool(attempt.starving_at)


def test_what_ivs_tells_of_a_stream_is_written_where_it_is_news(table: Store) -> None:
    assert not table.see_stream(on_air(table), None, None)
    assert table.see_stream(table.attempt("show", 1), 0, "HEALTHY")
    assert seen(table) == (0, "HEALTHY", False)
    assert not table.see_stream(table.attempt("show", 1), 0, "HEALTHY")
    assert table.see_stream(table.attempt("show", 1), 0, "STARVING")
    since = table.attempt("show", 1).starving_at
    assert since
    assert table.see_stream(table.attempt("show", 1), 4, "STARVING")
    assert (seen(table), table.attempt("show", 1).starving_at) == ((4, "STARVING", True), since)
    assert table.see_stream(table.attempt("show", 1), None, "UNKNOWN")
    assert seen(table) == (None, "UNKNOWN", False)
    assert table.see_stream(table.attempt("show", 1), None, None)
    assert seen(table) == (None, None, False)


def test_of_two_looks_at_a_stream_at_once_one_writes(table: Store) -> None:
    both = on_air(table)
    assert [table.see_stream(both, viewers, "HEALTHY") for viewers in (1, 2)] == [True, False]
    assert seen(table) == (1, "HEALTHY", False)


def test_nothing_is_told_of_the_stream_of_a_show_that_is_over_or_not_yet_on_air(table: Store) -> None:
    begun(table)
    early = table.attempt("show", 1)
    assert not table.see_stream(early, 1, "HEALTHY")
    assert table.mark("show", 1, "live_at")
    live = table.attempt("show", 1)
    assert table.mark("show", 1, "closing_at")
    assert not table.see_stream(live, 1, "HEALTHY")
    assert seen(table) == (None, None, False)
    assert not table.see_stream(Attempt("nobody", 1), 1, "HEALTHY")
    with pytest.raises(SessionNotFound):
        table.attempt("nobody", 1)
