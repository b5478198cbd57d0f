"""Sources by the API's own functions, against MediaLive's schedule in virtual time: now, at a time, behind a file."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from showrunner import aws, medialive
from showrunner.api import Answer, Call, Caller
from showrunner.errors import Conflict, InvalidRequest, MediaNotFound, TracklistChanged
from showrunner.media import Media
from showrunner.session import Session
from showrunner.store import Store, store
from showrunner.store.table import session_key
from tests.cloud import Cloud
from tests.on_air import TRACK_SECONDS, put_on_air
from workflows import commands, switching, tracks, views
from workflows import cue as cueing
from workflows.requests import Command, CueWish, Jump, Nothing, SourceWish, TracklistWish


@pytest.fixture
def live(cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Attempt 1 of the session 'show', its channel running with the host on air, and two tracks of ann's."""
    return put_on_air(cloud, table, monkeypatch)


def cue(source: str | None = None, item: str | None = None) -> Answer:
    return cueing.put(Call(Caller("ann"), CueWish(source, item)), "show")


def take(source: str | None = None, key: str | None = None, **wish: Any) -> Answer:
    return switching.take(Call(Caller("ann"), SourceWish(source, **wish), idempotency_key=key), "show")


def shown() -> dict[str, Any]:
    view = msgspec.to_builtins(views.view(*store().standing("show")))
    return {name: view[name] for name in ("on_air", "on_air_item", "taking", "switches")}


def schedule(table: Store) -> list[Any]:
    return aws.medialive().describe_schedule(ChannelId=str(table.attempt("show", 1).channel_id))["ScheduleActions"]


def test_a_track_is_played_from_its_owners_folder_and_confirmed(cloud: Cloud, live: Session, table: Store) -> None:
    answer = take("tracklist", item="one")
    assert (answer.status, answer.body["taking"]) == (202, "tracklist")
    cloud.clock.advance(1)
    assert shown() == {"on_air": "tracklist", "on_air_item": "one", "taking": None, "switches": []}
    (url,) = [event["detail"] for event in cloud.events if event["detail-type"].endswith("Input Change")][-1:]
    assert url["active_input_switch_action_name"] == answer.body["action"]
    inputs = aws.medialive().describe_input(InputId=table.attempt("show", 1).inputs["tracklist"])
    assert inputs["Sources"][0]["Url"] == "s3ssl://media-test/media/ann/$urlPath$"
    assert schedule(table)[-1]["ScheduleActionSettings"]["InputSwitchSettings"]["UrlPath"] == ["one.mp4"]
    assert take("tracklist", item="one").status == 200
    assert take("tracklist", item="two").status == 202  # another file of the same source
    cloud.clock.advance(1)
    assert shown()["on_air_item"] == "two"
    take("host")
    cloud.clock.advance(1)
    assert shown()["on_air_item"] is None


def test_a_switch_at_a_time_is_confirmed_then_and_survives_other_switches(cloud: Cloud, live: Session) -> None:
    at = datetime.now(UTC) + timedelta(seconds=30)
    first, again = take("callers", at=at), take("callers", at=at)
    assert first.body["action"] == again.body["action"]
    assert take("tracklist", item="one").status == 202
    cloud.clock.advance(2)
    (waiting,) = shown()["switches"]
    assert (waiting["source"], waiting["state"], waiting["after"]) == ("callers", "asked", None)
    cloud.clock.advance(40)
    assert shown() == {"on_air": "callers", "on_air_item": None, "taking": None, "switches": []}


def test_a_file_is_followed_and_the_chain_goes_on(cloud: Cloud, live: Session) -> None:
    with pytest.raises(Conflict, match="'host' is on air, which has no end"):
        take("callers", after="current")
    take("tracklist", item="one")
    cloud.clock.advance(1)
    second = take("tracklist", item="two", after="current")
    third = take("callers", after=second.body["action"])
    assert take("callers", after=second.body["action"]).body["action"] == third.body["action"]
    with pytest.raises(Conflict, match="follows that action already"):
        take("host", after=second.body["action"])
    assert [each["source"] for each in shown()["switches"]] == ["tracklist", "callers"]
    cloud.clock.advance(TRACK_SECONDS)
    assert (shown()["on_air_item"], len(shown()["switches"])) == ("two", 1)
    cloud.clock.advance(TRACK_SECONDS)
    assert shown() == {"on_air": "callers", "on_air_item": None, "taking": None, "switches": []}


def test_a_cut_ends_the_chain_that_it_interrupts(cloud: Cloud, live: Session) -> None:
    take("tracklist", item="one")
    cloud.clock.advance(1)
    take("tracklist", item="two", after="current")
    take("host")
    cloud.clock.advance(1)
    assert shown() == {"on_air": "host", "on_air_item": None, "taking": None, "switches": []}


def test_panic_takes_back_what_was_to_come(cloud: Cloud, live: Session, table: Store) -> None:
    near, far = (datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (16, 600))
    take("callers", at=near)
    take("host", at=far)
    answer = switching.panic(Call(Caller("ann"), Nothing()), "show")
    assert answer.status == 202
    cloud.clock.advance(1)
    assert shown()["on_air"] == "slate"
    names = [action["ActionName"].rpartition("-")[0] for action in schedule(table)]
    assert "take-host" not in names
    cloud.clock.advance(700)
    assert shown()["on_air"] in ("slate", "callers")
    assert "host" not in [each["source"] for each in shown()["switches"]]


def test_an_unconfirmed_switch_is_shown_as_such_and_asked_anew(
    cloud: Cloud, live: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.react = lambda _: None
    first = take("callers")
    assert take("callers").body["action"] == first.body["action"]  # it may still come
    monkeypatch.setattr("showrunner.switch.CONFIRM_SECONDS", -1)
    assert [each["state"] for each in shown()["switches"]] == ["unconfirmed"]
    assert take("callers").body["action"] != first.body["action"]


def test_the_same_request_asks_for_the_same_action(cloud: Cloud, live: Session, table: Store) -> None:
    first = take("callers", key="k1")
    table.withdraw("show", 1, [table.attempt("show", 1).switches[first.body["action"]]])  # its writing was lost
    assert take("callers", key="k1").body["action"] == first.body["action"]
    assert [action["ActionName"] for action in schedule(table)].count(first.body["action"]) == 1


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        ({"source": "nobody"}, InvalidRequest, "slate, host, callers, tracklist"),
        ({"source": "tracklist"}, InvalidRequest, "needs an 'item'"),
        ({"source": "host", "item": "one"}, InvalidRequest, "has no items"),
        ({"source": "tracklist", "item": "none"}, MediaNotFound, "no file 'none'"),
        ({"source": "tracklist", "item": "raw"}, MediaNotFound, "is waiting, not ready"),
        ({"source": "tracklist", "item": "picture"}, MediaNotFound, "is no track"),
        ({"source": "host", "at": datetime.now(UTC) + timedelta(seconds=5)}, InvalidRequest, "at least 15 seconds"),
        ({"source": "host", "at": datetime.now(UTC) + timedelta(days=15)}, InvalidRequest, "at most 14 days"),
        ({"source": "host", "after": "no-such-action"}, Conflict, "must be an input switch of the schedule"),
    ],
)
def test_what_can_not_be_is_refused(live: Session, wish: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        take(**wish)
    assert shown()["switches"] == []


@pytest.mark.parametrize(
    ("source_id", "source", "item"),
    [
        ("host", "host", None),
        ("participants", "callers", None),
        ("caller:42", "callers", None),
        ("track:one", "tracklist", "one"),
    ],
)
def test_the_predecessors_commands(cloud: Cloud, live: Session, source_id: str, source: str, item: str | None) -> None:
    take("slate")
    cloud.clock.advance(1)
    call = Call(Caller("ann"), Command("SWITCH_SOURCE", source_id))
    answer = commands.command(call, "show")
    assert answer.body["programState"] == {"activeVideoSource": "slate", "requestedVideoSource": source}
    assert answer.body["message"]
    cloud.clock.advance(1)
    assert (shown()["on_air"], shown()["on_air_item"]) == (source, item)
    assert commands.command(call, "show").body["programState"]["activeVideoSource"] == source


@pytest.mark.parametrize("source_id", ["tracklist", "nobody", "track:none"])
def test_a_command_for_what_is_not_there_is_refused(live: Session, source_id: str) -> None:
    with pytest.raises((InvalidRequest, MediaNotFound)):
        commands.command(Call(Caller("ann"), Command("SWITCH_SOURCE", source_id)), "show")


def test_a_session_of_its_own_slate(cloud: Cloud, live: Session, table: Store) -> None:
    create_inputs = import_module("tasks.create_inputs")
    table.add_media(Media("mine", "ann", "slate", "", "2026", "ready", suffix="mp4"))
    with_slate = replace_slate(live, "mine")
    assert create_inputs.slate_key(with_slate) == "media/ann/mine.mp4"
    with pytest.raises(MediaNotFound, match="is no slate"):
        create_inputs.slate_key(replace_slate(live, "one"))
    assert create_inputs.slate_key(live) == "slate/default.mp4"


def replace_slate(session: Session, media_id: str) -> Session:
    return replace(session, slate=media_id)


def put(*items: str, fallback: str = "slate", version: str | None = None) -> Answer:
    return tracks.put(Call(Caller("ann"), TracklistWish(list(items), fallback, version)), "show")


def play(position: int = 0) -> Answer:
    return tracks.play(Call(Caller("ann"), Jump(position)), "show")


def following() -> Answer:
    return tracks.following(Call(Caller("ann"), Nothing()), "show")


def at() -> tuple[str, str | None]:
    view = shown()
    return view["on_air"], view["on_air_item"]


def test_a_tracklist_is_played_to_its_end_and_then_the_fallback(cloud: Cloud, live: Session, table: Store) -> None:
    assert [each["seconds"] for each in put("one", "two", "one", fallback="callers").body["tracks"]] == [
        TRACK_SECONDS
    ] * 3
    assert play().status == 202
    cloud.clock.advance(1)
    view = tracks.read(Call(Caller("ann"), None), "show").body
    assert (view["on_air"], view["position"], view["next"]) == ("one", 0, "two")
    seen = []
    for _ in range(3):
        cloud.clock.advance(TRACK_SECONDS)
        seen.append(at())
    assert seen == [("tracklist", "two"), ("tracklist", "one"), ("callers", None)]
    assert shown()["switches"] == []
    texts = [entry.text for entry in table.timeline("show") if entry.kind == "tracklist"]
    assert texts == ["Tracklist: 3 tracks"]


def version_of() -> str:
    return tracks.read(Call(Caller("ann"), None), "show").body["version"]


def test_of_two_who_edit_the_same_list_the_second_is_told(
    live: Session, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = put("one").body["version"]
    assert put("one", "two", version=edited).status == 200
    with pytest.raises(TracklistChanged, match="edit it again"):
        put("two", "one", version=edited)
    assert put("one", "two", version=edited).status == 200, "the same edit once more"
    edited, read_before = version_of(), table.session("show")
    put("two", version=edited)
    with monkeypatch.context() as at_once:
        at_once.setattr(tracks, "mine", lambda *_: read_before)
        with pytest.raises(TracklistChanged):
            put("two", "two", version=edited)
    assert table.session("show").tracklist.items == ["two"]
    assert put("one", "two").status == 200, "who names no version sets it as it is to be"


def test_a_list_that_an_earlier_release_did_not_store_can_be_edited(live: Session, table: Store) -> None:
    table._update(session_key("show", "META"), "REMOVE tracklist", {})
    assert put("one", version=version_of()).body["tracks"][0]["id"] == "one"


def test_a_list_of_one_is_one_track(live: Session, table: Store) -> None:
    put("one")
    assert [entry.text for entry in table.timeline("show") if entry.kind == "tracklist"] == ["Tracklist: 1 track"]


def test_the_longest_tracklist_is_one_chain(cloud: Cloud, live: Session, table: Store) -> None:
    put(*["one"] * 100)
    play()
    channel_id = str(table.attempt("show", 1).channel_id)
    assert len(medialive.scheduled(channel_id)) == 102  # the start, the tracks, and the fallback
    cloud.clock.advance(1)
    assert len(table.attempt("show", 1).switches) == 100
    following()
    cloud.clock.advance(1)
    assert (table.attempt("show", 1).on_air_position, len(table.attempt("show", 1).switches)) == (1, 99)


def test_next_and_jump_cut_and_begin_a_chain_of_the_list_as_it_is(cloud: Cloud, live: Session) -> None:
    put("one", "two")
    play()
    cloud.clock.advance(1)
    put("one", "one", "two")
    assert tracks.read(Call(Caller("ann"), None), "show").body["next"] == "one"
    following()
    cloud.clock.advance(1)
    assert (at(), tracks.read(Call(Caller("ann"), None), "show").body["position"]) == (("tracklist", "one"), 1)
    play(2)
    cloud.clock.advance(1)
    assert at() == ("tracklist", "two")
    answer = following()  # behind the last
    assert (answer.status, shown()["taking"], answer.body["position"]) == (202, "slate", 2)
    cloud.clock.advance(1)
    assert (at(), shown()["switches"]) == (("slate", None), [])


def test_a_tracklist_is_stopped(cloud: Cloud, live: Session) -> None:
    put("one", "two", fallback="host")
    play()
    cloud.clock.advance(1)
    tracks.stop(Call(Caller("ann"), Nothing()), "show")
    cloud.clock.advance(1)
    assert (at(), shown()["switches"]) == (("host", None), [])
    with pytest.raises(Conflict, match="No track of session 'show' is on air"):
        following()


def test_the_schedule_does_not_grow_with_what_is_played(cloud: Cloud, live: Session, table: Store) -> None:
    put("one", "two", "one", "two")
    sizes = []
    for _ in range(6):
        play()
        cloud.clock.advance(1)
        sizes.append(len(schedule(table)))
    assert max(sizes) <= 2 * 5 + 1, sizes


def test_after_a_recovery_the_show_goes_on_with_its_track(cloud: Cloud, live: Session, table: Store) -> None:
    put("one", "two", fallback="callers")
    play()
    cloud.clock.advance(1 + TRACK_SECONDS)
    assert at() == ("tracklist", "two")
    channel_id = str(table.attempt("show", 1).channel_id)
    cloud.plane.kill(channel_id, "it crashed")
    cloud.clock.advance(30)
    assert at() == ("tracklist", "two")
    assert medialive.channel(channel_id).action == table.attempt("show", 1).on_air_action  # type: ignore[union-attr]
    cloud.clock.advance(TRACK_SECONDS)
    assert at() == ("callers", None)
    cloud.plane.kill(channel_id, "again")
    cloud.clock.advance(30)
    assert at() == ("callers", None)


@pytest.mark.parametrize(
    ("items", "fallback", "error", "said"),
    [
        (["one", "none"], "slate", MediaNotFound, "no file 'none'"),
        (["raw"], "slate", MediaNotFound, "not ready"),
        (["one"], "tracklist", InvalidRequest, "must be one of: slate, host, callers"),
    ],
)
def test_a_tracklist_that_can_not_be_played_is_refused(
    live: Session, items: list[str], fallback: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        put(*items, fallback=fallback)
    with pytest.raises(InvalidRequest, match="has 0 tracks"):
        play()


def test_the_predecessors_tracklist_begins_at_the_first(cloud: Cloud, live: Session) -> None:
    put("two", "one")
    commands.command(Call(Caller("ann"), Command("SWITCH_SOURCE", "tracklist")), "show")
    cloud.clock.advance(1)
    assert at() == ("tracklist", "two")


def test_another_owner_finds_no_show(live: Session) -> None:
    call = Call(Caller("ben"), SourceWish("host"))
    for ask in (
        lambda: switching.take(call, "show"),
        lambda: switching.panic(replace(call, body=Nothing()), "show"),
    ):
        with pytest.raises(Exception, match="There is no session 'show'"):
            ask()


@pytest.mark.usefixtures("live")
def test_a_source_is_cued_until_it_is_on_air(cloud: Cloud, table: Store) -> None:
    def cued() -> Any:
        return views.view(*store().standing("show")).cued

    answer = cue("tracklist", "one")
    assert (answer.status, answer.body["state"]) == (202, "accepted")
    prepared = schedule(table)[-1]["ScheduleActionSettings"]["InputPrepareSettings"]
    assert prepared == {"InputAttachmentNameReference": "tracklist", "UrlPath": ["one.mp4"]}
    assert (cued().source, cued().item) == ("tracklist", "one")
    cue("callers")
    assert cued().source == "callers"
    take("callers")
    cloud.clock.advance(1)
    assert cued() is None

    cue("host")
    assert cue().body["cued"] is None
    assert schedule(table)[-1]["ScheduleActionSettings"]["InputPrepareSettings"] == {}
    assert cued() is None
    texts = [entry.text for entry in table.timeline("show") if entry.kind == "cue"]
    assert texts == ["Cued: tracklist (one)", "Cued: callers", "Cued: host", "Cued: nothing"]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("source", "item", "error"),
    [("nobody", None, InvalidRequest), ("tracklist", None, InvalidRequest), ("tracklist", "raw", MediaNotFound)],
)
def test_what_can_not_be_cued(source: str, item: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        cue(source, item)
