"""Two at once: what comes between two steps of a request or a task, and what it may not lead to."""

import pytest
from msgspec.structs import replace

from showrunner import aws, medialive, waits
from showrunner.api import Call, Caller
from showrunner.channel import channel_request
from showrunner.errors import ChannelGone, SessionExists
from showrunner.session import Session
from showrunner.store import Replay, Store
from tasks import start_channel, stop_channel
from tests.cloud import Cloud
from workflows import sessions
from workflows.requests import NewSession

ANN = Call(Caller("ann"), None)


def test_a_start_during_a_delete_is_stopped_too(cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the session would be on air, hidden, and nobody could stop it."""
    table.create_session(Session(id="show", owner="ann"))
    hide = Store.hide

    def start_first(store: Store, session_id: str, attempt: int) -> bool:
        if store.session(session_id).attempt == 0:
            assert store.begin_attempt(store.session(session_id), start=True)
        return hide(store, session_id, attempt)

    monkeypatch.setattr(Store, "hide", start_first)
    assert sessions.delete(ANN, "show").status == 202
    assert table.session("show").deleted_at
    assert table.attempt("show", 1).stop_requested_at
    assert not table.begin_attempt(table.session("show"), start=True)


@pytest.mark.parametrize("wish", [{}, {"id": "show"}])
def test_a_creation_that_died_before_its_answer_may_come_again(table: Store, wish: dict[str, str]) -> None:
    call = Call(Caller("ann"), NewSession(**wish), idempotency_key="k1")
    first, again = sessions.create(call), sessions.create(call)
    assert (first.status, again) == (201, first)
    with pytest.raises(SessionExists):
        sessions.create(replace(call, body=NewSession(id=first.body["session"].id), idempotency_key="k2"))
    with pytest.raises(SessionExists):
        sessions.create(replace(call, body=NewSession(**wish, title="other")))
    with pytest.raises(SessionExists):
        sessions.create(replace(call, caller=Caller("ben"), body=NewSession(id=first.body["session"].id)))


def test_of_two_answers_to_one_request_the_first_is_kept(table: Store) -> None:
    assert table.begin_request("ann", "k1", "digest") is None
    assert table.begin_request("ann", "k1", "digest") == Replay("digest")
    table.answer_request("ann", "k1", 201, "made")
    table.answer_request("ann", "k1", 409, "taken")
    assert table.begin_request("ann", "k1", "digest") == Replay("digest", 201, "made")


def test_a_start_that_is_repeated_because_its_answer_was_lost_is_a_start(cloud: Cloud, table: Store) -> None:
    channel_id = made_for_show(cloud, table)
    aws.medialive().start_channel(ChannelId=channel_id)
    stale = medialive.Channel(channel_id, "arn", "IDLE")
    assert start_channel._start(stale) == "STARTING"


def test_a_start_of_a_channel_that_somebody_deleted_says_so_at_once(cloud: Cloud, table: Store) -> None:
    aws.medialive().delete_channel(ChannelId=made_for_show(cloud, table))
    cloud.clock.advance(10)
    with pytest.raises(ChannelGone, match="deleted by somebody else"):
        start_channel.handler({"session_id": "show", "attempt": 1}, None)


def test_a_description_older_than_the_start_is_not_taken_for_a_stop(cloud: Cloud, table: Store) -> None:
    made_for_show(cloud, table)
    table.advance("show", 1, "starting", "go")
    session, attempt = table.session("show"), table.attempt("show", 1)
    assert waits.channel_running(session, attempt) == waits.Waiting()
    long_ago = replace(session, updated_at="2026-01-01T00:00:00.000Z")
    assert waits.channel_running(long_ago, attempt) == waits.CHANNEL_STOPPED


@pytest.mark.parametrize("faster", ["StopChannel", "DeleteChannel"])
def test_a_stop_after_a_faster_cleanup_is_no_failure(cloud: Cloud, table: Store, faster: str) -> None:
    channel_id = made_for_show(cloud, table)
    stale = medialive.Channel(channel_id, "arn", "RUNNING")
    if faster == "StopChannel":
        aws.medialive().start_channel(ChannelId=channel_id)
        cloud.clock.advance(10)
        aws.medialive().stop_channel(ChannelId=channel_id)
        assert stop_channel.stop(stale) == "STOPPING"
    else:
        aws.medialive().delete_channel(ChannelId=channel_id)
        cloud.clock.advance(10)
        assert stop_channel.stop(stale) == "gone"


def made_for_show(cloud: Cloud, table: Store) -> str:
    """The id of an idle channel that attempt 1 of the session 'show' has."""
    session = Session(id="show", owner="ann", profile="360p30", record="off")
    table.create_session(session)
    assert table.begin_attempt(session, start=True)
    group = aws.medialive().create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}])["SecurityGroup"]
    made = aws.medialive().create_input(
        Name="host", Type="RTMP_PUSH", InputSecurityGroups=[group["Id"]], Destinations=[{"StreamName": "live/x"}]
    )["Input"]
    slate = aws.medialive().create_input(
        Name="slate", Type="MP4_FILE", Sources=[{"Url": "s3ssl://media-test/slate/default.mp4"}]
    )["Input"]
    request = channel_request(
        session,
        name="show",
        tags={},
        role_arn="arn:aws:iam::123456789012:role/medialive",
        inputs={"host": made["Id"], "slate": slate["Id"]},
        ingest_endpoint="abc.example",
        stream_key="sk",
        sound=session.sound,
        recordings="bucket/show",
    )
    channel = medialive.create_channel(request, ["sk"])
    table.remember("show", 1, channel_id=channel.id, channel_arn=channel.arn)
    cloud.clock.advance(10)
    return channel.id
