"""Every task may run twice, at once, or die after its effect: there is one of each thing, and it is found again."""

import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.errors import AwsError
from sandbox.medialive.unknowns import Unknowns
from showrunner import aws, budget, clock, cost, executions, ivs, waits
from showrunner.errors import (
    ChannelBusy,
    CleanupIncomplete,
    InProgress,
    InputBusy,
    NotListedYet,
    OutputInUse,
    OutputNotFound,
    QuotaExceeded,
    StopRequested,
    StreamBusy,
)
from showrunner.naming import ATTEMPT, OWNER, SESSION, STAGE
from showrunner.session import Output, Session, Source, isotime, month_of
from showrunner.store import Store
from tasks import close_session
from tests.cloud import Cloud
from tests.inprocess import MACHINES

MAKING = ["plan", "create_output", "create_inputs", "create_channel", "start_channel"]
CLEANING = [
    "stop_channel",
    "close_recordings",
    "delete_channel",
    "delete_inputs",
    "stop_stream",
    "release_output",
    "close_session",
]

Run = Callable[..., dict[str, Any]]


class Died(BaseException):
    """The Lambda is killed."""


@pytest.fixture
def run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a task of attempt 1 of the session 'show', as Lambda does."""
    group = aws.medialive().create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}])["SecurityGroup"]
    monkeypatch.setenv("SHOWRUNNER_INPUT_SECURITY_GROUP", group["Id"])

    def act(task: str, **more: Any) -> dict[str, Any]:
        event = {"session_id": "show", "attempt": 1, "execution": EXECUTION, **more}
        result: dict[str, Any] = import_module(f"tasks.{task}").handler(event, SimpleNamespace(aws_request_id="run"))
        json.dumps(result)
        return result

    return act


EXECUTION = MACHINES["session"].replace(":stateMachine:", ":execution:") + ":show-1"


@pytest.fixture
def show(table: Store) -> Session:
    session = Session(id="show", owner="ann", profile="360p30", sources=[Source("host"), Source("callers")])
    table.create_session(session)
    assert table.begin_attempt(session, start=True)
    return session


def make(run: Run, cloud: Cloud, until: str = "start_channel") -> None:
    for task in MAKING[: MAKING.index(until) + 1]:
        run(task)
        cloud.clock.advance(5)


def existing(cloud: Cloud) -> tuple[int, int, int]:
    """How many MediaLive channels, inputs and IVS channels there are."""
    channels = [c for c in cloud.medialive.channels.values() if c.state != "DELETED"]
    inputs = [i for i in cloud.medialive.inputs.values() if i.state != "DELETED"]
    return len(channels), len(inputs), len(cloud.ivs.channels)


def test_every_task_runs_twice_and_makes_one_of_each(run: Run, cloud: Cloud, show: Session, table: Store) -> None:
    for task in MAKING:
        first, second = run(task), run(task)
        assert first == second
        cloud.clock.advance(5)
    assert existing(cloud) == (1, 3, 1)
    attempt = table.attempt("show", 1)
    assert set(attempt.inputs) == {"host", "callers", "slate"}
    assert attempt.channel_id in cloud.medialive.channels
    assert table.whose(str(attempt.channel_arn)) == table.whose(str(attempt.ivs_channel_arn)) == ("show", 1)
    for task in CLEANING:
        run(task)
        run(task)
        cloud.clock.advance(10)
    assert existing(cloud) == (0, 0, 0)
    assert table.session("show").state == "ended"
    assert [entry.state for entry in table.timeline("show") if entry.state] == [
        "preparing",
        "starting",
        "stopping",
        "ended",
    ]


@pytest.mark.parametrize(
    ("task", "operation"),
    [
        ("create_output", "CreateChannel"),
        ("create_inputs", "CreateInput"),
        ("create_channel", "CreateChannel"),
        ("start_channel", "BatchUpdateSchedule"),
        ("start_channel", "StartChannel"),
    ],
)
def test_a_task_that_dies_after_its_effect_leaves_no_second_thing(
    run: Run, cloud: Cloud, show: Session, table: Store, task: str, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = MAKING[MAKING.index(task) - 1]
    make(run, cloud, until=before)

    def die() -> None:
        raise Died

    cloud.after[operation] = die
    with pytest.raises(Died):
        run(task)
    assert operation not in cloud.after
    after_crash = existing(cloud)
    cloud.clock.advance(5)
    run(task)
    made = {"create_output": (0, 0, 1), "create_inputs": (0, 3, 1)}.get(task, (1, 3, 1))
    assert existing(cloud) == made
    assert sum(after_crash) >= 1
    for cleaning in CLEANING:
        run(cleaning)
        cloud.clock.advance(10)
    assert existing(cloud) == (0, 0, 0)


def test_a_cleanup_that_knows_no_channel_looks_again_before_it_believes_a_list(
    run: Run, cloud: Cloud, show: Session, table: Store
) -> None:
    make(run, cloud, until="create_inputs")

    def die() -> None:
        raise Died

    cloud.after["CreateChannel"] = die
    with pytest.raises(Died):
        run("create_channel")
    with pytest.raises(NotListedYet):
        run("stop_channel", retries=0)
    cloud.clock.advance(5)
    assert run("stop_channel", retries=1) == {"state": "IDLE"}
    assert table.attempt("show", 1).channel_id in cloud.medialive.channels
    assert run("stop_channel", retries=0) == {"state": "IDLE"}  # it is known now


def test_a_cleanup_finds_what_a_crash_kept_from_the_table(run: Run, cloud: Cloud, show: Session) -> None:
    for task, operation in (
        ("create_output", "CreateChannel"),
        ("create_inputs", "CreateInput"),
        ("create_channel", "CreateChannel"),
    ):

        def die() -> None:
            raise Died

        cloud.after[operation] = die
        with pytest.raises(Died):
            run(task)
        cloud.clock.advance(5)
        if task != "create_channel":
            run(task)
    for cleaning in CLEANING:
        run(cleaning)
        cloud.clock.advance(10)
    assert existing(cloud) == (0, 0, 0)


def test_two_runs_at_once_do_not_make_two_ivs_channels(run: Run, cloud: Cloud, show: Session, table: Store) -> None:
    """The second comes while the first is between its claim and IVS's answer."""
    table.claim("show", 1, "the IVS channel", "another run", 60)
    with pytest.raises(InProgress):
        run("create_output")
    assert existing(cloud) == (0, 0, 0)


def test_an_ivs_channel_whose_answer_is_lost_is_not_made_twice(
    run: Run, cloud: Cloud, show: Session, table: Store
) -> None:
    def lose() -> None:
        raise AwsError("InternalServerException", "", 500)

    cloud.after["CreateChannel"] = lose
    with pytest.raises(ClientError):
        run("create_output")
    assert existing(cloud) == (0, 0, 1)
    run("create_output")
    assert list(cloud.ivs.channels) == [table.attempt("show", 1).ivs_channel_arn]


@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [("ThrottlingException", 429, InProgress), ("ServiceQuotaExceededException", 402, QuotaExceeded)],
)
def test_an_ivs_channel_that_was_refused_can_be_asked_for_at_once(
    run: Run, cloud: Cloud, show: Session, monkeypatch: pytest.MonkeyPatch, code: str, status: int, raised: Any
) -> None:
    def refuse(operation: str, params: Any) -> None:
        if operation == "CreateChannel":
            raise AwsError(code, "", status)

    with monkeypatch.context() as refused:
        refused.setattr(cloud.ivs, "throttle", refuse)
        with pytest.raises(raised):
            run("create_output")
    run("create_output")
    assert existing(cloud) == (0, 0, 1)


def test_a_stream_key_whose_answer_is_lost_is_used(run: Run, cloud: Cloud, show: Session) -> None:
    """A channel has one, unless somebody has deleted it."""

    def lose() -> None:
        raise AwsError("InternalServerException", "", 500)

    make(run, cloud, until="create_inputs")
    (key,) = cloud.ivs._keys.values()
    aws.ivs().delete_stream_key(arn=key.arn)
    cloud.after["CreateStreamKey"] = lose
    run("create_channel")
    assert (len(cloud.ivs._keys), existing(cloud)) == (1, (1, 3, 1))


def test_a_surplus_ivs_channel_is_deleted_with_its_twin(run: Run, cloud: Cloud, show: Session, table: Store) -> None:
    make(run, cloud)
    twin = cloud.ivs.channels[str(table.attempt("show", 1).ivs_channel_arn)]
    described = ivs.channel(twin.arn)
    assert described is not None
    aws.ivs().create_channel(name="test-show-1", tags=described.tags)
    assert existing(cloud) == (1, 3, 2)
    for task in CLEANING:
        run(task)
        cloud.clock.advance(10)
    assert existing(cloud) == (0, 0, 0)


@pytest.mark.parametrize("task", MAKING)
@pytest.mark.parametrize("flag", ["stop_requested_at", "closing_at"])
def test_nothing_is_made_once_a_stop_was_asked_for(
    run: Run, cloud: Cloud, show: Session, table: Store, task: str, flag: str
) -> None:
    make(run, cloud, until=MAKING[max(0, MAKING.index(task) - 1)]) if task != "plan" else None
    before = existing(cloud)
    table.mark("show", 1, flag)
    with pytest.raises(StopRequested):
        run(task)
    assert existing(cloud) == before


def test_what_is_made_while_a_cleanup_runs_is_given_to_the_sweeper(
    run: Run, cloud: Cloud, show: Session, table: Store
) -> None:
    """The cleanup begins between the task's look at the flag and MediaLive's answer."""
    make(run, cloud, until="create_inputs")

    def closing() -> None:
        table.mark("show", 1, "closing_at")
        table.close_attempt("show", 1)

    cloud.after["CreateChannel"] = closing
    with pytest.raises(StopRequested):
        run("create_channel")
    assert [attempt.number for attempt in table.open_attempts()] == [1]
    assert table.attempt("show", 1).channel_id in cloud.medialive.channels


def test_another_attempt_is_never_touched(run: Run, cloud: Cloud, show: Session, table: Store) -> None:
    make(run, cloud)
    for task in CLEANING:
        run(task)
        cloud.clock.advance(10)
    assert table.begin_attempt(table.session("show"), start=True)
    for task in MAKING:
        run(task, attempt=2)
        cloud.clock.advance(5)
    assert existing(cloud) == (1, 3, 1)
    for task in CLEANING:
        run(task, attempt=1)
    assert existing(cloud) == (1, 3, 1)
    assert table.session("show").state == "starting"


OURS = {STAGE: "test", SESSION: "show", ATTEMPT: "1", OWNER: "ann"}
LOOK_ALIKES = [
    {},
    OURS | {STAGE: "prod"},
    OURS | {SESSION: "shows"},
    OURS | {ATTEMPT: "01"},
    {name: value for name, value in OURS.items() if name != ATTEMPT},
    {name.upper(): value for name, value in OURS.items()},
]


def test_what_only_has_the_name_of_ours_is_neither_used_nor_removed(run: Run, cloud: Cloud, show: Session) -> None:
    theirs = set()
    for tags in LOOK_ALIKES:
        wish: Any = {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://b/a.mp4"}], "Tags": tags}
        theirs.add(aws.medialive().create_input(Name="test-show-1-host", **wish)["Input"]["Id"])
        theirs.add(aws.ivs().create_channel(name="test-show-1", tags=tags)["channel"]["arn"])
    cloud.clock.advance(5)
    make(run, cloud)
    (channel,) = cloud.medialive.channels.values()
    attached = {each["InputId"] for each in aws.medialive().describe_channel(ChannelId=channel.id)["InputAttachments"]}
    assert attached.isdisjoint(theirs)
    for task in CLEANING:
        run(task)
        cloud.clock.advance(10)
    left = {each.id for each in cloud.medialive.inputs.values() if each.state not in ("DELETING", "DELETED")}
    assert left | set(cloud.ivs.channels) == theirs


def test_stopping_twice_and_deleting_too_early_are_told_apart(run: Run, cloud: Cloud, show: Session) -> None:
    make(run, cloud)
    with pytest.raises(ChannelBusy):
        run("delete_channel")  # it runs: this stops it, and tries again
    cloud.clock.advance(5)
    with pytest.raises(InputBusy):
        run("delete_inputs")
    run("delete_channel")
    cloud.clock.advance(5)
    run("delete_inputs")
    assert existing(cloud) == (0, 0, 1)


@pytest.mark.parametrize("task", ["stop_channel", "delete_channel"])
def test_a_channel_that_is_stopped_before_anybody_has_seen_it_run_costs_its_ten_minutes(
    run: Run, cloud: Cloud, show: Session, table: Store, task: str
) -> None:
    make(run, cloud)
    assert table.attempt("show", 1).running_at is None
    with contextlib.suppress(ChannelBusy):  # it runs: its deletion begins with a stop
        run(task)
    assert cost.cost_of(cost.lived(show, table.attempt("show", 1))).minutes == 10


def test_a_starting_channel_that_cannot_be_stopped_yet_is_tried_again(run: Run, cloud: Cloud, show: Session) -> None:
    cloud.medialive.unknowns = Unknowns(stop_while_starting=False)
    make(run, cloud, until="create_channel")
    run("start_channel")
    with pytest.raises(ChannelBusy):
        run("stop_channel")
    cloud.clock.advance(5)
    assert run("stop_channel") == {"state": "STOPPING"}


def test_a_live_ivs_channel_is_deleted_once_its_stream_has_ended(
    run: Run, cloud: Cloud, show: Session, table: Store
) -> None:
    make(run, cloud)
    arn = str(table.attempt("show", 1).ivs_channel_arn)
    assert ivs.is_live(arn)
    with pytest.raises(StreamBusy):
        run("release_output")
    for task in CLEANING[:5]:
        run(task)
        cloud.clock.advance(10)
    assert run("release_output") == {"returned": False}
    assert existing(cloud) == (0, 0, 0)


def test_a_failed_step_or_a_leftover_makes_the_cleanup_incomplete(
    run: Run, cloud: Cloud, show: Session, table: Store
) -> None:
    make(run, cloud)
    run("stop_channel")
    with pytest.raises(CleanupIncomplete, match="IVS channel, MediaLive channel, MediaLive inputs"):
        run("close_session")
    for task in CLEANING[1:-1]:
        cloud.clock.advance(10)
        run(task)
    with pytest.raises(CleanupIncomplete, match="StopStream"):
        run("close_session", errors={"StopStream": {"Error": "Boom"}})
    assert table.session("show").state == "stopping"
    assert [attempt.number for attempt in table.open_attempts()] == [1]
    run("close_session")
    assert table.session("show").state == "ended"
    assert list(table.open_attempts()) == []


def test_a_channel_that_is_stopped_costs_nothing_while_the_rest_cannot_be_removed(
    run: Run, cloud: Cloud, show: Session, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cost, the rates that a page counts on by, and what the month was told."""
    make(run, cloud)
    for flag in ("running_at", "live_at"):
        table.mark("show", 1, flag)
    assert budget.tell(show, table.attempt("show", 1))
    run("stop_channel")
    assert waits.look("show", 1, "channel_stopped") == waits.Waiting()
    assert table.attempt("show", 1).stopped_at is None
    assert table.spent(month_of(clock.now())).rate > 0
    cloud.clock.advance(10)
    assert waits.look("show", 1, "channel_stopped") == waits.Reached()
    stopped = table.attempt("show", 1)
    moment, month = clock.now(), month_of(clock.now())
    monkeypatch.setattr(clock, "now", lambda: moment + timedelta(hours=6))
    monkeypatch.setattr(clock, "time", lambda: clock.now().timestamp())
    assert cost.cost_of(cost.lived(show, stopped)).minutes == 10
    assert {rate.item for rate in cost.rates(show, stopped)} == {"medialive idle channel", "medialive idle push input"}
    assert table.spent(month).rate == 0
    assert waits.look("show", 1, "channel_stopped") == waits.Reached()  # of another cleanup
    assert table.attempt("show", 1).stopped_at == stopped.stopped_at


def test_a_channel_that_never_ran_is_not_marked_as_stopped(run: Run, cloud: Cloud, show: Session, table: Store) -> None:
    make(run, cloud, until="create_channel")
    run("stop_channel")
    assert waits.look("show", 1, "channel_stopped") == waits.Reached()
    assert table.attempt("show", 1).stopped_at is None


def test_of_cleanups_at_once_one_counts_what_it_has_cost(
    run: Run, cloud: Cloud, show: Session, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(run, cloud)
    for task in CLEANING[:-1]:
        run(task)
        cloud.clock.advance(10)
    counted: list[dict[str, float]] = []
    monkeypatch.setattr(close_session, "count", lambda figures, **_: counted.append(figures))
    close = Store.close_attempt

    def meanwhile(store: Store, *attempt: Any) -> bool:
        monkeypatch.setattr(Store, "close_attempt", close)
        run("close_session")
        return close(store, *attempt)

    monkeypatch.setattr(Store, "close_attempt", meanwhile)
    run("close_session")
    run("close_session")  # late
    # Each opened the archive again, which the one of the first may have been through with by then.
    assert {"show-1-end"} < set(executions.running_archives())
    assert [list(figures) for figures in counted] == [["SessionCost"]]
    assert [entry.kind for entry in table.timeline("show")].count("cost") == 1


def test_at_its_end_the_timeline_the_metric_and_the_month_have_what_an_hour_has_cost(
    run: Run, cloud: Cloud, show: Session, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 x 0.1404 + 2 x 0.2124 + 0.2, 0.0297 for what is stored, and 0.001 for states and functions."""
    make(run, cloud)
    begun = clock.now() - timedelta(hours=2)
    times = dict.fromkeys(("created_at", "running_at", "live_at"), isotime(begun))
    table.remember("show", 1, **times, stopped_at=isotime(begun + timedelta(hours=1)))
    for task in CLEANING[:-1]:
        run(task)
        cloud.clock.advance(10)
    counted: list[tuple[dict[str, float], str]] = []
    monkeypatch.setattr(close_session, "count", lambda figures, unit: counted.append((figures, unit)))
    run("close_session")
    (entry,) = [entry for entry in table.timeline("show") if entry.kind == "cost"]
    assert entry.text == "About 1.08 dollars on AWS for 60 minutes (an estimate from list prices)"
    assert counted == [({"SessionCost": 1.08}, "None")]
    months = {month_of(begun), month_of(clock.now())}
    exact = sum(table.spent(month, show.owner).spent for month in months) / cost.BILLION
    assert (exact, {table.spent(month).rate for month in months}) == (pytest.approx(1.07669, abs=1e-6), {0})


def test_a_late_cleanup_leaves_a_borrowed_channel_to_who_has_it_now(run: Run, cloud: Cloud, table: Store) -> None:
    arn = aws.ivs().create_channel(name="own", tags={OWNER: "ann"})["channel"]["arn"]
    session = Session(id="show", owner="ann", profile="360p30", output=Output(channel_arn=arn))
    table.create_session(session)
    table.begin_attempt(session, start=True)
    make(run, cloud)
    table.release(arn, "show", 1)
    table.lease(arn, "other", 7, 60)
    assert ivs.is_live(arn)
    assert run("stop_stream") == {"was_live": False}
    assert ivs.is_live(arn)
    table.release(arn, "other", 7)
    table.lease(arn, "show", 1, -60)  # lapsed, but nobody else's
    assert run("stop_stream") == {"was_live": True}


@pytest.mark.parametrize("until", ["channel_idle", "start_requested", "channel_running", "stream_live", "show_over"])
def test_every_look_of_a_session_keeps_its_borrowed_channel(run: Run, cloud: Cloud, table: Store, until: str) -> None:
    arn = aws.ivs().create_channel(name="own", tags={OWNER: "ann"})["channel"]["arn"]
    session = Session(id="show", owner="ann", profile="360p30", output=Output(channel_arn=arn))
    table.create_session(session)
    table.begin_attempt(session, start=True)
    make(run, cloud)
    table.lease(arn, "show", 1, -60)
    waits.look("show", 1, until)
    with pytest.raises(OutputInUse):
        table.lease(arn, "other", 7, 60)
    table.release(arn, "show", 1)
    table.lease(arn, "other", 7, 60)
    lost = waits.look("show", 1, until)
    assert isinstance(lost, waits.Failed)
    assert (lost.error, "'other-7'" in lost.cause) == ("OutputInUse", True)


def test_a_session_that_waits_on_is_moved_once(
    run: Run, cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(id="show", owner="ann", profile="360p30")
    table.create_session(session)
    table.begin_attempt(session, start=False)
    make(run, cloud, until="create_channel")
    assert isinstance(waits.look("show", 1, "start_requested"), waits.Waiting)
    assert table.session("show").state == "ready"
    monkeypatch.setattr(Store, "advance", lambda *_: pytest.fail("it is ready already"))
    assert isinstance(waits.look("show", 1, "start_requested"), waits.Waiting)


def test_a_borrowed_channel_must_be_the_owners_and_free(run: Run, cloud: Cloud, table: Store) -> None:
    arn = aws.ivs().create_channel(name="own")["channel"]["arn"]
    session = Session(id="show", owner="ann", output=Output(channel_arn=arn))
    table.create_session(session)
    table.begin_attempt(session, start=True)
    with pytest.raises(OutputNotFound, match=OWNER):
        run("plan")
    aws.ivs().tag_resource(resourceArn=arn, tags={OWNER: "ann"})
    run("plan")
    table.lease(arn, "other", 7, 60)
    with pytest.raises(OutputInUse, match="'other-7'"):
        run("create_output")
    table.release(arn, "other", 7)
    aws.ivs().tag_resource(resourceArn=arn, tags={OWNER: "bob"})  # between the plan and this task
    with pytest.raises(OutputNotFound, match=OWNER):
        run("create_output")
    assert table.lease_of(arn) is None
    aws.ivs().tag_resource(resourceArn=arn, tags={OWNER: "ann"})
    run("create_output")
    assert (table.attempt("show", 1).ivs_borrowed, table.attempt("show", 1).ivs_type) == (True, "STANDARD")
    for task in CLEANING:
        run(task)
    assert len(cloud.ivs.channels) == 1
    table.lease(arn, "other", 7, 60)


def test_an_attempt_is_not_over_while_it_holds_a_channel(run: Run, cloud: Cloud, table: Store) -> None:
    arn = aws.ivs().create_channel(name="own", tags={OWNER: "ann"})["channel"]["arn"]
    session = Session(id="show", owner="ann", output=Output(channel_arn=arn))
    table.create_session(session)
    table.begin_attempt(session, start=True)
    run("create_output")
    table.advance("show", 1, "stopping", "test")
    with pytest.raises(CleanupIncomplete, match="lease of the IVS channel"):
        run("close_session")
    assert run("release_output") == {"returned": True}
    run("close_session")
    assert table.session("show").state == "ended"


@pytest.mark.parametrize(
    "marks",
    [{SESSION: "other", ATTEMPT: "1"}, {STAGE: "prod"}, {OWNER: "bob"}],
    ids=["made for a session", "another stage's", "another owner's"],
)
def test_a_channel_that_is_not_the_owners_to_lend_cannot_be_borrowed(
    run: Run, cloud: Cloud, table: Store, marks: dict[str, str]
) -> None:
    """One that a session has made goes with that session, under whoever has borrowed it."""
    arn = aws.ivs().create_channel(name="test-other-1", tags={OWNER: "ann", **marks})["channel"]["arn"]
    session = Session(id="show", owner="ann", output=Output(channel_arn=arn))
    table.create_session(session)
    table.begin_attempt(session, start=True)
    for task in ("plan", "create_output"):
        with pytest.raises(OutputNotFound):
            run(task)
    assert (table.lease_of(arn), ivs.own_channels("ann"), ivs.persistent(arn, "ann")) == (None, [], None)


def test_a_channel_of_whose_tags_iam_refuses_all_is_none_to_borrow(
    run: Run, cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the functions' policies have it of another stage's."""
    arn = aws.ivs().create_channel(name="prods", tags={OWNER: "ann"})["channel"]["arn"]

    def refuse(*_: Any) -> Any:
        raise AwsError("AccessDeniedException", "", 403)

    monkeypatch.setattr(cloud.ivs, "get_channel", refuse)
    with pytest.raises(OutputNotFound):
        ivs.to_borrow(arn, "ann")


def test_a_stream_of_a_hosts_own_encoder_is_no_shows_and_is_never_ended(run: Run, cloud: Cloud, table: Store) -> None:
    arn = aws.ivs().create_channel(name="own", tags={OWNER: "ann"})["channel"]["arn"]
    session = Session(id="show", owner="ann", profile="360p30", output=Output(channel_arn=arn))
    table.create_session(session)
    table.begin_attempt(session, start=True)
    cloud.ivs.stream_started(arn)
    with pytest.raises(InProgress, match="Somebody streams to the IVS channel already"):
        run("create_output")
    assert run("stop_stream") == {"was_live": False}
    assert (run("release_output"), table.lease_of(arn), ivs.is_live(arn)) == ({"returned": True}, None, True)
    cloud.ivs.stream_ended(arn)
    run("create_output")
    cloud.ivs.stream_started(arn)  # by its own channel
    run("create_output")
    assert run("stop_stream") == {"was_live": True}


def test_the_automatic_recording_is_opened_and_tagged_once(run: Run, cloud: Cloud, show: Session, table: Store) -> None:
    make(run, cloud)
    assert [run("schedule_recording"), run("schedule_recording")] == [{"recording": "show-1-1"}] * 2
    channel_id = str(table.attempt("show", 1).channel_id)
    actions = aws.medialive().describe_schedule(ChannelId=channel_id)["ScheduleActions"]
    settings = [action["ScheduleActionSettings"] for action in actions]
    assert [each["HlsId3SegmentTaggingSettings"] for each in settings if "InputSwitchSettings" not in each] == [
        {"Tag": "showrunner:show-1-1"}
    ]


def said_by_botocore(code: str, call: str) -> str:
    said = f"An error occurred ({code}) when calling the {call} operation (reached max retries: 4): no, not now"
    return json.dumps({"errorMessage": said, "errorType": code})


@pytest.mark.parametrize(
    ("caught", "reason"),
    [
        ({"Error": "NoInput", "Cause": "Nobody published."}, "Nobody published."),
        ({"Error": "Boom", "Cause": json.dumps({"errorMessage": "It broke.", "stackTrace": ["x"]})}, "It broke."),
        ({"Error": "States.Timeout", "Cause": ""}, "AWS took longer than allowed."),
        ({"Error": None, "Cause": None}, "Unknown"),
        (
            {"Error": "ClientError", "Cause": said_by_botocore("AccessDeniedException", "CreateChannel")},
            "A function lacks a permission. Deploy the stack again.",
        ),
        (
            {"Error": "ConflictException", "Cause": said_by_botocore("ConflictException", "CreateChannel")},
            "AWS refused CreateChannel: no, not now",
        ),
    ],
)
def test_a_failure_is_noted_in_words(
    run: Run, show: Session, table: Store, caught: dict[str, Any], reason: str
) -> None:
    run("note_failure", error=caught)
    failure = table.attempt("show", 1).failure
    assert failure is not None
    assert failure.reason == reason


def test_a_refusal_of_medialive_does_not_repeat_the_stream_key(
    run: Run, cloud: Cloud, show: Session, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    from showrunner.errors import ChannelRefused, QuotaExceeded
    from showrunner.medialive import refused

    said = {"Error": {"Code": "UnprocessableEntityException", "Message": "bad StreamName sk_secret"}}
    with pytest.raises(ChannelRefused) as raised:
        refused(ClientError(said, "CreateChannel"), ["sk_secret"])
    assert "sk_secret" not in str(raised.value)
    with pytest.raises(ClientError) as other:
        refused(ClientError({"Error": {"Code": "ConflictException", "Message": "sk_secret!"}}, "Create"), ["sk_secret"])
    assert "sk_secret" not in str(other.value) + str(other.value.response)
    quota = {"Error": {"Code": "TooManyRequestsException", "Message": "Limit exceeded"}}
    with pytest.raises(QuotaExceeded):
        refused(ClientError(quota, "CreateInput"), [])
    throttled = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Slow down"}}, "CreateInput")
    with pytest.raises(ClientError):
        refused(throttled, [])
