"""Copies of tracks at a level, files that could not be looked at, and files that are needed: without video."""

import json
from typing import Any

import pytest

from showrunner import aws
from showrunner.api import Call, Caller
from showrunner.errors import Conflict
from showrunner.levels import SourceLevel
from showrunner.media import Media
from showrunner.overlay import Overlay
from showrunner.session import Session, Tracklist
from showrunner.sound import Level
from showrunner.store import Store, store
from showrunner.switch import Switch
from tests.cloud import Cloud
from tests.inprocess import ENVIRONMENT
from tests.on_air import put_on_air
from workflows import levels, media, media_failures, switching, tracks, uploads, views
from workflows.requests import Jump, MediaPage, NewMedia, SourceWish, TracklistWish

ANN = Caller("ann")
BUCKET = ENVIRONMENT["SHOWRUNNER_MEDIA_BUCKET"]


class Functions:
    """Lambda: `asked` is what was asked of the function that looks at files."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:
        assert (FunctionName, InvocationType) == (ENVIRONMENT["SHOWRUNNER_CHECK_MEDIA_ARN"], "Event")
        self.asked.append(json.loads(Payload))


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    made = Functions()
    monkeypatch.setattr(aws, "functions", lambda: made)
    return made


@pytest.fixture
def live(cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch, functions: Functions) -> Session:
    return put_on_air(cloud, table, monkeypatch)


def set_level(**wanted: Any) -> SourceLevel:
    return levels.set_source(Call(ANN, Level(**wanted)), "show", "tracklist").body


def files(table: Store) -> list[str]:
    """What the tracks' switches play, in MediaLive's schedule."""
    channel_id = str(table.attempt("show", 1).channel_id)
    actions = aws.medialive().describe_schedule(ChannelId=channel_id)["ScheduleActions"]
    settings = [each["ScheduleActionSettings"].get("InputSwitchSettings", {}) for each in actions]
    return [path for each in settings for path in each.get("UrlPath", [])]


def test_a_level_of_the_tracklist_counts_from_the_next_play_of_a_copy(
    cloud: Cloud, live: Session, table: Store, functions: Functions
) -> None:
    tracks.put(Call(ANN, TracklistWish(["one", "two"])), "show")
    assert set_level(gain_db=-6).effect == "at_next_play"
    wanted = [{"copy": {"owner": "ann", "id": each, "gain_db": -6, "mute": False}} for each in ("one", "two")]
    assert functions.asked == wanted
    table.settle_copy(live_media(table, "one"), "down6", made=True)
    look = tracks.read(Call(ANN, None), "show").body
    assert [each["level"] for each in look["tracks"]] == ["ready", "being_made"]
    tracks.play(Call(ANN, Jump()), "show")
    assert files(table) == ["one.down6.mp4", "two.mp4"]
    cloud.clock.advance(1)
    assert shown("tracklist") == "at_next_play"  # of two there is no copy yet
    table.settle_copy(live_media(table, "two"), "down6", made=True)
    tracks.play(Call(ANN, Jump()), "show")
    cloud.clock.advance(1)
    assert shown("tracklist") == "in_effect"
    set_level(mute=True)
    assert shown("tracklist") == "at_next_play"
    table.settle_copy(live_media(table, "one"), "mute", made=True)
    switching.take(Call(ANN, SourceWish("tracklist", item="one")), "show")
    cloud.clock.advance(1)
    assert (files(table)[-1], shown("tracklist")) == ("one.mute.mp4", "in_effect")


def live_media(table: Store, media_id: str) -> Media:
    found = table.media("ann", media_id)
    assert found is not None
    return found


def shown(source: str) -> str:
    view = views.view(*store().standing("show"))
    (effect,) = [each.effect for each in view.levels if each.source == source]
    return effect


def test_what_is_new_in_the_list_gets_a_copy_too_and_what_failed_when_it_is_asked_again(
    live: Session, table: Store, functions: Functions
) -> None:
    set_level(gain_db=3)
    assert functions.asked == []
    tracks.put(Call(ANN, TracklistWish(["one"])), "show")
    assert [each["copy"]["id"] for each in functions.asked] == ["one"]
    media_failures.handler({"requestPayload": functions.asked[0], "responsePayload": None}, None)
    look = tracks.read(Call(ANN, None), "show").body
    assert look["tracks"][0]["level"] == "failed"
    tracks.put(Call(ANN, TracklistWish(["one", "one"])), "show")
    assert len(functions.asked) == 1
    set_level(gain_db=3)
    assert len(functions.asked) == 2
    table.settle_copy(live_media(table, "one"), "up3", made=True)
    assert tracks.read(Call(ANN, None), "show").body["tracks"][0]["level"] == "ready"


def test_a_copy_is_made_once_and_what_is_there_is_not_touched(table: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    table.add_media(Media("one", "ann", "track", "", "2026", "ready", suffix="mp4"))
    aws.s3().put_object(Bucket=BUCKET, Key="media/ann/one.mp4", Body=b"levelled")
    monkeypatch.setattr(uploads, "make_copy", lambda ready, copy, _: copy.write_bytes(ready.read_bytes() + b"!"))
    wanted = {"copy": {"owner": "ann", "id": "one", "gain_db": -6, "mute": False}}
    assert uploads.handler(wanted, None) == {"state": "ready"}
    key = {"Bucket": BUCKET, "Key": "media/ann/one.down6.mp4"}
    assert aws.s3().get_object(**key)["Body"].read() == b"levelled!"
    aws.s3().put_object(Bucket=BUCKET, Key="media/ann/one.mp4", Body=b"another")
    assert uploads.handler(wanted, None) == {"state": "ready"}
    died_before_its_row = live_media(table, "one")
    died_before_its_row.copies = None
    monkeypatch.setattr(Store, "media", lambda *_: died_before_its_row)
    assert uploads.handler(wanted, None) == {"state": "ready"}
    assert aws.s3().get_object(**key)["Body"].read() == b"levelled!"


def test_a_copy_of_what_was_deleted_meanwhile_does_not_stay(table: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    table.add_media(Media("one", "ann", "track", "", "2026", "ready", suffix="mp4"))
    aws.s3().put_object(Bucket=BUCKET, Key="media/ann/one.mp4", Body=b"levelled")

    def make_while_deleted(ready: Any, copy: Any, level: Level) -> None:
        copy.write_bytes(b"a copy")
        media.delete(Call(ANN, None), "one")

    monkeypatch.setattr(uploads, "make_copy", make_while_deleted)
    wanted = {"copy": {"owner": "ann", "id": "one", "gain_db": 0, "mute": True}}
    assert uploads.handler(wanted, None) == {"state": None}
    assert uploads.handler(wanted, None) == {"state": None}
    assert keys() == []


def keys() -> list[str]:
    listed = aws.s3().list_objects_v2(Bucket=BUCKET, Prefix="media/")
    return [each["Key"] for each in listed.get("Contents", [])]


def test_a_file_without_a_result_has_failed_and_one_that_has_one_keeps_it(table: Store) -> None:
    made = media.add(Call(ANN, NewMedia())).body["media"]
    event = {"detail": {"object": {"key": f"uploads/ann/{made['id']}"}}}
    record = {"requestPayload": event, "responsePayload": {"errorType": "Runtime.ExitError"}}
    table.settle_media(live_media(table, made["id"]), state="checking")
    assert media_failures.handler(record, None) == record
    told = media.read(Call(ANN, None), made["id"]).body
    assert (told["state"], "Runtime.ExitError" in told["message"]) == ("failed", True)
    assert table.settle_media(live_media(table, made["id"]), state="ready")  # an event that came late
    media_failures.handler(record, None)
    assert media.read(Call(ANN, None), made["id"]).body["state"] == "ready"
    table.delete_media(live_media(table, made["id"]))
    media_failures.handler(record, None)
    assert table.media("ann", made["id"]) is None


def test_files_are_listed_in_pages_newest_first(table: Store) -> None:
    ids = [table_media(table, number) for number in range(5)]
    seen, cursor = [], None
    while True:
        page = media.listing(Call(ANN, MediaPage(2, cursor))).body
        seen.append([each["id"] for each in page["media"]])
        if (cursor := page["next"]) is None:
            break
    assert seen == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    assert media.listing(Call(Caller("ben"), MediaPage())).body == {"media": [], "next": None}


def table_media(table: Store, number: int) -> str:
    media_id = f"m-{number:016x}"
    table.add_media(Media(media_id, "ann", "track", "", "2026"))
    return media_id


def test_ids_of_files_sort_by_their_time() -> None:
    first, second = media._new_id(), media._new_id()
    assert first[:13] <= second[:13]
    assert len(first) == 18


def test_what_a_running_session_needs_is_not_deleted(cloud: Cloud, live: Session, table: Store) -> None:
    def delete(media_id: str) -> dict[str, Any]:
        return media.delete(Call(ANN, None), media_id).body

    tracks.put(Call(ANN, TracklistWish(["one"])), "show")
    with pytest.raises(Conflict, match="in the tracklist of 'show'") as refused:
        delete("one")
    assert refused.value.details == {"sessions": ["show"]}
    table.ask("show", 1, [Switch("take-x", "tracklist", "ann", "2026", item="two")], "asked")
    with pytest.raises(Conflict, match="on air or to come of 'show'"):
        delete("two")
    table.overlay("show", 1, Overlay(image="picture"), "ann")
    with pytest.raises(Conflict, match="an overlay of 'show'"):
        delete("picture")
    table.create_session(Session(id="later", owner="ann", slate="raw", tracklist=Tracklist(["two"])))
    assert delete("raw")["message"] == "'raw' is deleted. It is missing now: the slate of 'later'."
    table.advance("show", 1, "stopping", "Stop requested")
    table.advance("show", 1, "ended", "Ended")
    said = delete("two")
    assert (said["missing_in"], "in the tracklist of 'later'" in said["message"]) == (["later"], True)
    assert delete("picture")["message"] == "'picture' is deleted."
