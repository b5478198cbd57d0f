"""The picture of the source on air: MediaLive's newest, and none rather than another source's."""

import base64
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from sandbox.errors import AwsError
from sandbox.media.plane import SimulatedEncoder, Thumbnail
from showrunner import aws
from showrunner.api import Answer, Call, Caller
from showrunner.errors import Conflict, SessionNotFound, ShowrunnerError, ThumbnailNotFound, ThumbnailsBusy
from showrunner.store import Store
from tests.cloud import Cloud
from tests.on_air import put_on_air
from workflows import switching, thumbnails
from workflows.requests import SourceWish

JPEG = b"\xff\xd8a picture"
ANN = Caller("ann")


@pytest.fixture
def show(cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The host is on air, by MediaLive's word."""
    put_on_air(cloud, table, monkeypatch)
    switching.take(Call(ANN, SourceWish("host")), "show")
    cloud.clock.advance(1)
    return cloud


def look(caller: Caller = ANN) -> Answer[Any]:
    return thumbnails.read(Call(caller, None), "show")


def refuses(error: type[ShowrunnerError], look: Callable[[], Any]) -> str:
    with pytest.raises(error) as raised:
        look()
    return raised.value.message


def test_the_newest_picture_is_told_with_its_source_and_its_time(show: Cloud, table: Store) -> None:
    show.plane.picture = JPEG
    answer = look()
    assert (answer.status, answer.headers) == (200, {"Cache-Control": "private, max-age=2"})
    assert (answer.body["source"], answer.body["content_type"]) == ("host", "image/jpeg")
    assert base64.b64decode(answer.body["body"]) == JPEG
    assert abs(datetime.fromisoformat(answer.body["at"]).timestamp() - show.clock.time()) < 0.001


def test_one_of_before_the_cut_is_of_another_source_and_not_told(
    show: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert switching.take(Call(ANN, SourceWish("callers")), "show").status == 202
    show.clock.advance(1)
    assert table.attempt("show", 1).on_air == "callers"
    show.plane.picture = JPEG
    with monkeypatch.context() as patch:
        patch.setattr(SimulatedEncoder, "thumbnail", lambda _: Thumbnail(JPEG, time.time() - 60))
        assert "callers" in refuses(ThumbnailNotFound, look)
    assert look().body["source"] == "callers"


def test_without_a_picture_it_says_so(show: Cloud) -> None:
    assert "MediaLive makes one every 2 s" in refuses(ThumbnailNotFound, look)


def test_a_channel_that_was_made_without_thumbnails_has_none(show: Cloud) -> None:
    show.plane.picture = JPEG
    (channel,) = show.medialive.channels.values()
    channel.request["EncoderSettings"]["ThumbnailConfiguration"] = {"State": "DISABLED"}
    refuses(ThumbnailNotFound, look)


def test_a_channel_that_just_ended_has_none(show: Cloud, table: Store) -> None:
    aws.medialive().stop_channel(ChannelId=table.attempt("show", 1).channel_id or "")
    refuses(ThumbnailNotFound, look)


@pytest.mark.parametrize("state", ["stopping", "ended"])
def test_medialive_is_not_asked_while_no_channel_runs(
    show: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    monkeypatch.setattr(show.medialive, "describe_thumbnails", lambda *_: pytest.fail("MediaLive was asked"))
    table.advance("show", 1, "stopping", "stop")
    if state == "ended":
        table.advance("show", 1, "ended", "end")
    refuses(Conflict, look)


def test_who_asks_too_often_is_told_to_wait_and_medialive_is_asked_once(
    show: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AwsError("TooManyRequestsException", "Too many requests", 429)

    monkeypatch.setattr(show.medialive, "describe_thumbnails", refuse)
    refuses(ThumbnailsBusy, look)
    assert ThumbnailsBusy.status == 503


def test_it_is_for_the_owner_and_producers(show: Cloud) -> None:
    show.plane.picture = JPEG
    assert look(Caller("pat", producer=True)).status == 200
    refuses(SessionNotFound, lambda: look(Caller("eve")))
