"""Who watches the live shows, and what IVS gets of each: one call for all of them, and a write where it is news."""

import contextlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from sandbox.errors import AwsError
from sandbox.ivs.unknowns import Unknowns
from showrunner import aws, ivs
from showrunner.ivs import Stream
from showrunner.session import Session
from showrunner.store import Store
from showrunner.store.on_air import OnAir
from tests.cloud import Cloud
from tests.inprocess import CLIENTS, ENVIRONMENT
from tests.simulation.clients import Client, Params, Straight
from workflows import streams, views

EACH_MINUTE = {"source": "aws.events", "detail-type": "Scheduled Event"}
BETWEEN = {"Records": [{"body": "look"}, {"body": "look"}]}


class Queue:
    """SQS, as far as it goes. `sent`: what was, oldest first."""

    def __init__(self) -> None:
        self.sent: list[Params] = []

    def send_message(self, params: Params, caller: Any) -> Params:
        self.sent.append(params)
        return {}


@pytest.fixture
def queue(cloud: Cloud) -> Queue:
    made = Queue()
    CLIENTS["sqs"] = Client("sqs", made, Straight(), random.Random(1))
    return made


@contextmanager
def writes() -> Iterator[list[bool]]:
    """Of each live show: whether there was news."""
    made: list[bool] = []
    see = OnAir.see_stream

    def note(self: OnAir, *seen: Any) -> bool:
        made.append(see(self, *seen))
        return made[-1]

    with patch.object(OnAir, "see_stream", note):
        yield made


def live(table: Store, cloud: Cloud, name: str) -> str:
    """A show on air, and its IVS channel's ARN."""
    table.create_session(Session(id=name, owner="ann"))
    assert table.begin_attempt(table.session(name), start=True)
    arn = aws.ivs().create_channel(name=name)["channel"]["arn"]
    table.remember(name, 1, ivs_channel_arn=arn)
    for state in ("starting", "waiting_for_input", "live"):
        assert table.advance(name, 1, state, "on")
    assert table.mark(name, 1, "live_at")
    cloud.ivs.stream_started(arn)
    return arn


def told(table: Store, name: str) -> tuple[Any, ...]:
    shown = views.view(*table.standing(name))
    return shown.viewers, shown.health, [each.kind for each in shown.warnings]


def test_who_watches_and_how_the_stream_is_comes_with_the_session(table: Store, cloud: Cloud, queue: Queue) -> None:
    counts = {live(table, cloud, "one"): 3, live(table, cloud, "two"): 0}
    cloud.ivs.viewers = counts.__getitem__
    streams.handler(EACH_MINUTE, None)
    assert (told(table, "one"), told(table, "two")) == ((3, "HEALTHY", []), (0, "HEALTHY", []))
    cloud.ivs.is_starved = lambda arn: counts[arn] == 3
    cloud.ivs.look()
    with writes() as made:
        streams.handler(BETWEEN, None)
    assert sorted(made) == [False, True]
    assert told(table, "one") == (3, "STARVING", ["starving"])


def test_while_nothing_is_new_nothing_is_written(table: Store, cloud: Cloud, queue: Queue) -> None:
    live(table, cloud, "show")
    with writes() as made:
        for event in (EACH_MINUTE, BETWEEN, BETWEEN):
            streams.handler(event, None)
    assert made == [True, False, False]


def test_a_minute_has_four_looks_each_of_one_call(
    table: Store, cloud: Cloud, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        live(table, cloud, name)
    listed: list[int] = []
    list_streams = cloud.ivs.list_streams
    monkeypatch.setattr(cloud.ivs, "list_streams", lambda *call: listed.append(1) or list_streams(*call))
    streams.handler(EACH_MINUTE, None)
    assert {each["QueueUrl"] for each in queue.sent} == {ENVIRONMENT["SHOWRUNNER_STREAM_LOOKS_URL"]}
    assert [each["DelaySeconds"] for each in queue.sent] == [15, 30, 45]
    for _ in queue.sent:
        streams.handler(BETWEEN, None)
    assert (len(queue.sent), len(listed)) == (3, 4)


def test_without_a_live_show_ivs_is_not_asked(
    table: Store, cloud: Cloud, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(table, cloud, "over")
    assert table.mark("over", 1, "stop_requested_at")
    table.create_session(Session(id="early", owner="ann"))
    assert table.begin_attempt(table.session("early"), start=True)
    monkeypatch.setattr(cloud.ivs, "list_streams", lambda *_: pytest.fail("IVS was asked"))
    streams.handler(EACH_MINUTE, None)
    assert queue.sent == []


def test_a_stream_that_is_gone_has_no_viewers_and_no_health(table: Store, cloud: Cloud, queue: Queue) -> None:
    arn = live(table, cloud, "show")
    streams.handler(BETWEEN, None)
    cloud.ivs.stream_ended(arn)
    streams.handler(BETWEEN, None)
    assert told(table, "show") == (None, None, [])


def test_a_show_that_ends_while_ivs_is_asked_is_left_alone(
    table: Store, cloud: Cloud, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(table, cloud, "show")
    live(table, cloud, "other")
    list_streams = cloud.ivs.list_streams

    def end_meanwhile(*call: Any) -> Any:
        assert table.mark("show", 1, "closing_at")
        table.close_attempt("show", 1)
        return list_streams(*call)

    monkeypatch.setattr(cloud.ivs, "list_streams", end_meanwhile)
    streams.handler(BETWEEN, None)
    assert table.attempt("show", 1).health is None
    assert table.attempt("other", 1).health == "HEALTHY"


@pytest.mark.parametrize(
    ("code", "status", "passes"),
    [("ThrottlingException", 429, True), ("InternalServerException", 500, True), ("AccessDeniedException", 403, False)],
)
def test_a_look_that_ivs_does_not_answer_just_now_is_left_out_and_wakes_nobody(
    table: Store,
    cloud: Cloud,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    status: int,
    passes: bool,
) -> None:
    """What a function fails on three times over is an alarm."""
    live(table, cloud, "show")
    streams.handler(EACH_MINUTE, None)

    def refuse(*_: Any) -> Any:
        raise AwsError(code, "no", status)

    with monkeypatch.context() as refusing:
        refusing.setattr(cloud.ivs, "list_streams", refuse)
        with contextlib.nullcontext() if passes else pytest.raises(ClientError, match=code):
            streams.handler(EACH_MINUTE, None)
    assert told(table, "show") == (0, "HEALTHY", [])
    assert len(queue.sent) == 6


def test_what_ivs_does_not_know_is_not_known(
    table: Store, cloud: Cloud, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.ivs.unknowns = Unknowns(uncounted_viewers=True, unknown_health=True)
    arn = live(table, cloud, "show")
    assert ivs.live_streams() == {arn: Stream(None, "UNKNOWN")}
    page = {"streams": [{"channelArn": arn, "health": "A NEW ONE", "viewerCount": 2}]}
    monkeypatch.setattr(cloud.ivs, "list_streams", lambda *_: page)
    assert ivs.live_streams() == {arn: Stream(2, "UNKNOWN")}
