"""The sweeper's steps: what is left behind is found and cleaned, and what is not ours is never touched."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from showrunner import aws, clock, executions, guards, medialive
from showrunner.cost import BILLION
from showrunner.errors import SweepIncomplete
from showrunner.naming import ATTEMPT, OWNER, SESSION, STAGE, name_of
from showrunner.orphans import marked
from showrunner.session import Attempt, Failure, Session, Share, State, isotime, month_of
from showrunner.store import Store, Wait
from showrunner.store.spending import spent_at
from tests.cloud import Cloud
from tests.inprocess import ENVIRONMENT, MACHINES
from tests.unit.test_races import made_for_show

BUCKET = ENVIRONMENT["SHOWRUNNER_RECORDINGS_BUCKET"]
LONG_AGO = "2026-01-01T00:00:00.000Z"
MONTH = month_of(datetime.now(UTC))
Item = dict[str, Any]


def sweep(step: str, dry_run: bool = False) -> Item:
    answer: Item = import_module(f"tasks.sweep_{step}").handler({"dry_run": dry_run}, None)
    assert answer["failed"] == []
    return answer


def found(step: str, dry_run: bool = False) -> list[tuple[str, str]]:
    """(kind, action) of each find."""
    return [(find["kind"], find["action"]) for find in sweep(step, dry_run)["finds"]]


def of(kind: str, step: str) -> list[str]:
    """The actions on one kind of thing."""
    return [action for what, action in found(step) if what == kind]


def open_show(table: Store, session_id: str = "show") -> Attempt:
    """An attempt begun long enough ago for the sweeper, whose execution nobody started."""
    table.create_session(Session(id=session_id, owner="ann"))
    assert table.begin_attempt(table.session(session_id), start=True)
    table.remember(session_id, 1, created_at=LONG_AGO)
    return table.attempt(session_id, 1)


def over(table: Store, session_id: str = "show") -> Attempt:
    """An attempt that was cleaned up and closed."""
    attempt = open_show(table, session_id)
    table.mark(session_id, 1, "closing_at")
    table.close_attempt(session_id, 1)
    table.archive_attempt(session_id, 1)
    return attempt


def seen_long_ago(table: Store) -> None:
    """What has been seen was seen for the first time long ago."""
    for item in aws.dynamodb().scan(TableName=table.table)["Items"]:
        if item["sk"] == {"S": "SEEN"}:
            table._update({"pk": item["pk"]["S"], "sk": "SEEN"}, "SET since = :at", {":at": LONG_AGO})


def running(cloud: Cloud) -> list[str]:
    return sorted(executions.running_cleanups())


def tags(session_id: str = "show", **other: str) -> dict[str, str]:
    """The tags of attempt 1 of a session, some of them otherwise."""
    made = {STAGE: "test", SESSION: session_id, ATTEMPT: "1", OWNER: "ann"}
    return made | {f"showrunner:{name}": value for name, value in other.items()}


def push_input(name: str, tags: dict[str, str]) -> str:
    made = aws.medialive().create_input(Name=name, Type="MP4_FILE", Sources=[{"Url": "s3ssl://b/a.mp4"}], Tags=tags)
    input_id: str = made["Input"]["Id"]
    return input_id


def tag_channel(channel_id: str, name: str, marks: dict[str, str]) -> None:
    """Make the channel of `made_for_show` look like one of another name."""
    arn = medialive.channel(channel_id).arn  # type: ignore[union-attr]
    aws.medialive().create_tags(ResourceArn=arn, Tags=marks)
    aws.medialive().update_channel(ChannelId=channel_id, Name=name)


# -- attempts


def test_an_attempt_that_nobody_looks_after_gets_one_cleanup(cloud: Cloud, table: Store) -> None:
    attempt = open_show(table)
    assert found("sessions") == [("session", "cleanup")]
    (name,) = running(cloud)
    assert name.startswith("show-1-sweep-")
    assert table.attempt("show", 1).failure == Failure("NeverRan", "The session's execution was never started.")
    assert found("sessions") == []
    aws.stepfunctions().stop_execution(executionArn=executions.cleanup_execution(attempt, name.removeprefix("show-1-")))
    executions.start_cleanup(attempt, "by-hand")
    assert found("sessions") == []


def test_a_young_attempt_and_one_whose_execution_runs_are_left_alone(cloud: Cloud, table: Store) -> None:
    executions.start_session(open_show(table, "runs"))
    table.create_session(Session(id="young", owner="ann"))
    assert table.begin_attempt(table.session("young"), start=True)
    assert found("sessions") == []


def test_one_attempt_that_cannot_be_swept_keeps_no_other_from_it(
    cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        open_show(table, name)
    note = Store.note_failure

    def fail_for_b(store: Store, session_id: str, number: int, failure: Failure) -> None:
        if session_id == "b":
            raise RuntimeError("no")
        note(store, session_id, number, failure)

    monkeypatch.setattr(Store, "note_failure", fail_for_b)
    answer = import_module("tasks.sweep_sessions").handler({}, None)
    assert answer["failed"] == ["session b-1"]
    assert {name.split("-")[0] for name in running(cloud)} == {"a", "c"}


def test_why_an_execution_ended_whose_event_was_lost_is_told(cloud: Cloud, table: Store) -> None:
    attempt = open_show(table)
    aws.stepfunctions().stop_execution(executionArn=executions.start_session(attempt))
    assert found("sessions") == [("session", "cleanup")]
    failure = table.attempt("show", 1).failure
    assert failure == Failure("ExecutionAborted", "The session's execution was stopped from outside.")


def test_the_recordings_of_a_show_that_nobody_looks_after_get_an_archive(cloud: Cloud, table: Store) -> None:
    open_show(table)
    table.close_attempt("show", 1)
    assert found("sessions") == []  # its own archive may be on its way
    key = {"pk": "SESSION#show", "sk": "ATTEMPT#000001"}
    table._update(key, "SET ended_at = :at", {":at": LONG_AGO})
    assert found("sessions") == [("archive", "archive")]
    (name,) = executions.running_archives()
    assert name.startswith("show-1-")
    assert found("sessions") == []
    table.archive_attempt("show", 1)
    machine = MACHINES["archive"].replace(":stateMachine:", ":execution:")
    aws.stepfunctions().stop_execution(executionArn=f"{machine}:{name}")
    assert found("sessions") == []


@pytest.mark.parametrize("flag", ["start_requested_at", "closing_at", "stop_requested_at"])
def test_what_takes_longer_than_all_waits_is_told(cloud: Cloud, table: Store, flag: str) -> None:
    attempt = open_show(table)
    executions.start_session(attempt)
    assert found("sessions") == []
    key = {"pk": "SESSION#show", "sk": "ATTEMPT#000001"}
    table._update(key, "SET #flag = :at", {":at": LONG_AGO}, names={"#flag": flag})
    assert found("sessions") == [("overdue session", "report")]
    assert running(cloud) == []


def ago(seconds: float) -> str:
    return isotime(clock.now() - timedelta(seconds=seconds))


def test_a_show_that_is_long_on_air_is_not_overdue(cloud: Cloud, table: Store) -> None:
    executions.start_session(open_show(table))
    for state in STATES[2:]:
        table.advance("show", 1, state, "on")
    hours = ago(8 * 3600 - 600)
    table.remember("show", 1, created_at=hours, start_requested_at=hours, running_at=hours, live_at=hours)
    assert found("sessions") == []


STATES: tuple[State, ...] = ("preparing", "ready", "starting", "waiting_for_input", "live")
LIMITS = {"ready": 7200, "starting": 1800, "waiting_for_input": 1800, "live": 28_800}  # of no session's own


@pytest.mark.parametrize(
    ("state", "since"),
    [("ready", "created_at"), ("starting", "running_at"), ("waiting_for_input", "running_at"), ("live", "live_at")],
)
def test_a_limit_that_no_look_has_seen_is_told(cloud: Cloud, table: Store, state: State, since: str) -> None:
    """The execution runs, and its looks do not."""
    executions.start_session(open_show(table))
    for each in STATES[1 : STATES.index(state) + 1]:
        table.advance("show", 1, each, "on")
    began = ago(10 * 3600)
    started = {} if state == "ready" else {"created_at": began, "start_requested_at": began, "running_at": began}
    if state == "ready":
        table._update({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "REMOVE start_requested_at", {})
    late = LIMITS[state] + guards.LOOK_SECONDS
    table.remember("show", 1, **started | {since: ago(late)})
    assert found("sessions") == []  # the next look may see it yet
    table.remember("show", 1, **started | {since: ago(late + guards.LOOK_SECONDS + 10)})
    assert found("sessions") == [("overdue session", "report")]
    assert running(cloud) == []


def test_a_show_whose_session_is_gone_is_told_and_keeps_no_other_from_it(cloud: Cloud, table: Store) -> None:
    executions.start_session(open_show(table))
    executions.start_session(open_show(table, "other"))
    table.remember("other", 1, start_requested_at=ago(0))
    aws.dynamodb().delete_item(TableName=table.table, Key={"pk": {"S": "SESSION#show"}, "sk": {"S": "META"}})
    assert [find["name"] for find in sweep("sessions")["finds"]] == ["show-1"]


def test_an_attempt_whose_session_is_gone_is_forgotten_once_a_cleanup_has_been_tried(
    cloud: Cloud, table: Store
) -> None:
    attempt = open_show(table)
    aws.stepfunctions().stop_execution(executionArn=executions.start_session(attempt))
    aws.dynamodb().delete_item(TableName=table.table, Key={"pk": {"S": "SESSION#show"}, "sk": {"S": "META"}})
    assert found("sessions") == [("session", "cleanup")]
    (name,) = running(cloud)
    table.mark("show", 1, "closing_at")
    assert of("session", "sessions") == []  # it runs
    aws.stepfunctions().stop_execution(executionArn=executions.cleanup_execution(attempt, name.removeprefix("show-1-")))
    assert found("sessions", dry_run=True) == [("session", "forget")]
    assert found("sessions") == [("session", "forget")]
    assert (found("sessions"), table.tended("show", 1)) == ([], None)


def test_what_is_only_prepared_and_never_ready_is_told(cloud: Cloud, table: Store) -> None:
    executions.start_session(open_show(table))
    table._update({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "REMOVE start_requested_at", {})
    assert found("sessions") == [("overdue session", "report")]
    table.advance("show", 1, "ready", "waits")
    table.remember("show", 1, created_at=ago(7000))
    assert found("sessions") == []


# -- rows


def test_a_lease_of_an_attempt_that_is_over_is_given_back(cloud: Cloud, table: Store) -> None:
    over(table)
    open_show(table, "other")
    table.lease("arn:stale", "show", 1, 3600)
    table.lease("arn:unknown", "no-such-show", 7, 3600)
    table.lease("arn:used", "other", 1, 3600)
    assert found("rows", dry_run=True) == [("lease", "release")] * 2
    assert {find["name"] for find in sweep("rows")["finds"]} == {"arn:stale", "arn:unknown"}
    assert [arn for arn, *_ in table.leases()] == ["arn:used"]


def test_the_places_of_an_attempt_whose_row_is_gone_are_free_again(cloud: Cloud, table: Store) -> None:
    open_show(table)
    open_show(table, "other")
    table._delete({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "number", 1)
    assert found("rows", dry_run=True) == [("place", "release")]
    assert found("rows") == [("place", "release")]
    assert (list(table.places()), table.running("ann")) == (["other-1"], ["other-1"])
    assert found("rows") == []


def test_an_attempt_that_runs_without_a_place_gets_one(cloud: Cloud, table: Store) -> None:
    """As begun by a release that knew none."""
    open_show(table)
    table.leave_places("show-1", "ann", "STAGE")
    assert found("rows") == [("place", "take")]
    assert (table.places(), table.running("ann")) == ({"show-1": "ann"}, ["show-1"])
    assert found("rows") == []
    table.mark("show", 1, "closing_at")
    table.leave_places("show-1", "ann", "STAGE")  # its cleanup is about to close it
    assert found("rows") == []


def costs(table: Store, *sessions: str) -> None:
    """Each costs a dollar an hour, since the month began."""
    for session_id in sessions:
        open_show(table, session_id)
        assert table.count(table.attempt(session_id, 1), "ann", MONTH, Share(0, BILLION // 3600))


def sums(table: Store) -> list[tuple[int, float]]:
    """The rate of the stage's and of the owner's sum, and what it comes to now, in dollars."""
    found = [table.spent(MONTH), table.spent(MONTH, "ann")]
    return [(each.rate, spent_at(MONTH, each, clock.now()) / BILLION) for each in found]


def test_what_an_attempt_cost_whose_row_is_gone_goes_on_no_longer(cloud: Cloud, table: Store) -> None:
    costs(table, "show", "other")
    assert of("rate", "rows") == []
    table._delete({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "number", 1)
    before = sums(table)
    assert of("rate", "rows") == ["seen"]
    seen_long_ago(table)
    assert sweep("rows", dry_run=True)["counts"] == {"rate": 1}
    assert [rate for rate, _ in sums(table)] == [2 * (BILLION // 3600)] * 2
    assert of("rate", "rows") == ["end"]
    assert sums(table) == [(BILLION // 3600, pytest.approx(spent, abs=0.1)) for _, spent in before]
    assert of("rate", "rows") == []


def test_what_one_sweep_could_not_end_is_ended_by_the_next(
    cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner's sum was told something at that moment."""
    costs(table, "show", "other")
    table._delete({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "number", 1)
    assert of("rate", "rows") == ["seen"]
    seen_long_ago(table)
    read = Store.sums

    def meanwhile(store: Store, month: str) -> Any:
        found = list(read(store, month))
        other = store.attempt("other", 1)
        assert store.count(other, "ann", MONTH, Share(1, other.spending[MONTH].rate))
        return found

    monkeypatch.setattr(Store, "sums", meanwhile)
    assert of("rate", "rows") == ["end"]
    assert [rate for rate, _ in sums(table)] == [2 * (BILLION // 3600)] * 2
    monkeypatch.setattr(Store, "sums", read)
    assert of("rate", "rows") == ["end"]
    assert [rate for rate, _ in sums(table)] == [BILLION // 3600] * 2


def test_a_rate_that_is_told_while_the_sweep_looks_is_none_that_is_lost(
    cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is seen again and again, and each time another one's."""
    costs(table, "show")
    attempts = Store.open_attempts

    def meanwhile(store: Store) -> Any:
        """The index is older than what the show has just told."""
        listed = list(attempts(store))
        share = listed[0].spending[MONTH]
        assert store.count(listed[0], "ann", MONTH, Share(0, share.rate + BILLION // 3600))
        return listed

    monkeypatch.setattr(Store, "open_attempts", meanwhile)
    for _ in range(2):
        assert of("rate", "rows") == []
        seen_long_ago(table)


def test_a_sum_that_was_restored_from_before_its_attempts_goes_on(cloud: Cloud, table: Store) -> None:
    costs(table, "show", "other")
    for whose in ("STAGE", "OWNER#ann"):
        table._update({"pk": f"COSTS#{MONTH}", "sk": whose}, "SET #rate = :none", {":none": 0}, names={"#rate": "rate"})
    assert of("rate", "rows") == ["seen"]
    seen_long_ago(table)
    assert of("rate", "rows") == ["end"]
    assert sums(table) == [(2 * (BILLION // 3600), pytest.approx(0, abs=0.1))] * 2


def test_a_token_of_an_execution_that_is_over_is_forgotten(cloud: Cloud, table: Store) -> None:
    attempt = open_show(table)
    executions.start_session(attempt)
    for execution in (attempt.name, "show-1-session", "show-0"):
        table.put_wait(Wait("show", 1, execution, "channel_idle", f"token-{execution}"))
    assert found("rows") == []  # their executions may not be listed yet
    for execution in (attempt.name, "show-1-session", "show-0"):
        key = {"pk": "SESSION#show", "sk": f"WAIT#{execution}#channel_idle"}
        table._update(key, "SET created_at = :at", {":at": LONG_AGO})
    answer = sweep("rows")
    assert answer["counts"] == {"token": 2}
    assert "token-" not in str(answer)
    assert [wait.execution for wait in table.waits("show", 1)] == [attempt.name]


# -- orphans


def orphans(cloud: Cloud, table: Store) -> tuple[str, str, str]:
    """A channel, an input and an IVS channel of an attempt that is over: (channel id, input id, IVS ARN)."""
    channel_id = made_for_show(cloud, table)
    table._update({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "REMOVE channel_id, channel_arn", {})
    attempt = table.attempt("show", 1)
    tag_channel(channel_id, name_of(attempt), tags())
    table.mark("show", 1, "closing_at")
    table.close_attempt("show", 1)
    table.archive_attempt("show", 1)
    input_id = push_input(f"{name_of(attempt)}-host", tags())
    output = aws.ivs().create_channel(name=name_of(attempt), tags=tags())["channel"]["arn"]
    cloud.clock.advance(10)
    return channel_id, input_id, output


STEPS = [("channels", "channel"), ("inputs", "input"), ("outputs", "output")]


@pytest.mark.parametrize(("step", "kind"), STEPS)
def test_an_orphan_is_seen_first_and_its_attempt_cleaned_again_after_the_grace(
    cloud: Cloud, table: Store, step: str, kind: str
) -> None:
    channel_id, *_ = orphans(cloud, table)
    assert of(kind, step) == ["seen"]
    assert of(kind, step) == ["seen"]
    assert running(cloud) == []
    seen_long_ago(table)
    assert found(step, dry_run=True) == [(kind, "cleanup")]
    assert running(cloud) == []
    assert of(kind, step) == ["cleanup"]
    (name,) = running(cloud)
    assert name.startswith("show-1-sweep-")
    assert [attempt.name for attempt in table.open_attempts()] == ["show-1"]
    assert table.attempt("show", 1).channel_id == (channel_id if step == "channels" else None)
    assert "Found what a crash left" in table.timeline("show")[-1].text
    assert of(kind, step) == []  # it is looked after now
    assert table.session("show").state == "preparing"


@pytest.mark.parametrize(("step", "kind"), STEPS)
def test_an_orphan_whose_attempt_no_row_knows_is_removed_step_by_step(
    cloud: Cloud, table: Store, step: str, kind: str
) -> None:
    channel_id, input_id, output = orphans(cloud, table)
    for item in aws.dynamodb().scan(TableName=table.table)["Items"]:
        aws.dynamodb().delete_item(TableName=table.table, Key={name: item[name] for name in ("pk", "sk")})
    if step == "channels":
        aws.medialive().start_channel(ChannelId=channel_id)
        cloud.clock.advance(30)
    assert of(kind, step) == ["seen"]
    seen_long_ago(table)
    expected = ["stop", "delete"] if step == "channels" else ["delete"]
    for action in expected:
        assert found(step, dry_run=True) == [(kind, action)]
        assert of(kind, step) == [action]
        cloud.clock.advance(30)
    assert of(kind, step) == []
    gone = {
        "channels": lambda: medialive.channel(channel_id) is None,
        "inputs": lambda: input_id not in {each["Id"] for each in medialive.listed_inputs()},
        "outputs": lambda: output not in cloud.ivs.channels,
    }
    assert gone[step]()
    assert running(cloud) == []


def test_a_stream_key_goes_with_its_channel(cloud: Cloud, table: Store) -> None:
    made = aws.ivs().create_channel(name="test-gone-1", tags=tags("gone"))
    sweep("outputs")
    seen_long_ago(table)
    assert of("output", "outputs") == ["delete"]
    with pytest.raises(aws.ivs().exceptions.ResourceNotFoundException):
        aws.ivs().get_stream_key(arn=made["streamKey"]["arn"])


def test_an_interrupted_sighting_begins_anew(cloud: Cloud, table: Store) -> None:
    orphans(cloud, table)
    sweep("outputs")
    seen_long_ago(table)
    (arn,) = cloud.ivs.channels
    table._update({"pk": f"ORPHAN#{arn}", "sk": "SEEN"}, "SET expires = :past", {":past": 1})
    assert of("output", "outputs") == ["seen"]


LOOK_ALIKES: list[tuple[str, dict[str, str]]] = [
    ("test-gone-1", {}),
    ("test-gone-1", tags("gone", stage="prod")),
    ("test-gone-1", tags("gone", stage="test-2")),
    ("test-gone-1", {name: value for name, value in tags("gone").items() if name != STAGE}),
    ("test-gone-1", {name: value for name, value in tags("gone").items() if name != SESSION}),
    ("test-gone-1", {name: value for name, value in tags("gone").items() if name != ATTEMPT}),
    ("test-gone-1", {name: value for name, value in tags("gone").items() if name != OWNER}),
    ("test-gone-1", {name.replace("showrunner:", "Showrunner:"): value for name, value in tags("gone").items()}),
    ("test-gone-1", {name.removeprefix("showrunner:"): value for name, value in tags("gone").items()}),
    ("test-gone-1", tags("gone", attempt="first")),
    ("test-gone-1", tags("gone", attempt="01")),
    ("test-gone-1", tags("gone", session="gone/../..")),
    ("test-gone-12", tags("gone")),
    ("test-gone", tags("gone")),
    ("my channel", tags("gone")),
    ("prod-gone-1", tags("gone")),
]


@pytest.mark.parametrize(("name", "marks"), LOOK_ALIKES)
def test_what_only_looks_like_ours_is_none_of_ours(environment: None, name: str, marks: dict[str, str]) -> None:
    assert marked(name, marks) is None
    assert marked(f"{name}-host", marks) is None
    assert marked("test-gone-1", tags("gone")) == marked("test-gone-1-host", tags("gone")) == ("gone", 1)


def test_what_only_looks_like_ours_is_never_touched(cloud: Cloud, table: Store) -> None:
    inputs, outputs = [], []
    for name, marks in LOOK_ALIKES:
        inputs.append(push_input(f"{name}-host", marks))
        outputs.append(aws.ivs().create_channel(name=name.replace(" ", "-"), tags=marks)["channel"]["arn"])
        cloud.clock.advance(2)
    channel_id = made_for_show(cloud, table)
    tag_channel(channel_id, "test-gone-1", tags("gone", stage="prod"))
    aws.medialive().start_channel(ChannelId=channel_id)
    cloud.clock.advance(30)
    for _ in range(2):
        for step, kind in STEPS:
            assert of(kind, step) == []
        seen_long_ago(table)
    channel = medialive.channel(channel_id)
    assert channel is not None
    assert channel.state == "RUNNING"
    assert set(inputs) <= {each["Id"] for each in medialive.listed_inputs()}
    assert set(outputs) <= set(cloud.ivs.channels)


def test_an_input_that_is_attached_to_another_channel_is_told_and_left_alone(cloud: Cloud, table: Store) -> None:
    """Somebody has built upon it: MediaLive would refuse to delete it, and the sweep would fail for ever."""
    channel_id = made_for_show(cloud, table)
    for each in cloud.medialive.inputs.values():
        aws.medialive().create_tags(ResourceArn=each.arn, Tags=tags("gone"))
        each.name = f"test-gone-1-{each.name}"
    assert found("inputs") == [("input", "seen")] * 2
    seen_long_ago(table)
    assert found("inputs") == [("input", "report")] * 2
    assert medialive.channel(channel_id) is not None
    aws.medialive().delete_channel(ChannelId=channel_id)
    cloud.clock.advance(30)
    assert found("inputs") == [("input", "delete")] * 2


def test_a_live_output_is_deleted_once_its_stream_has_ended(
    cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS deletes no live channel, and ends its stream in its own time (IVS API reference, DeleteChannel)."""
    arn = aws.ivs().create_channel(name="test-gone-1", tags=tags("gone"))["channel"]["arn"]
    cloud.ivs.stream_started(arn)
    monkeypatch.setattr(cloud.ivs, "stop_stream", lambda *_: {})
    sweep("outputs")
    seen_long_ago(table)
    assert of("output", "outputs") == ["delete"]
    assert arn in cloud.ivs.channels
    cloud.ivs.stream_ended(arn)
    assert of("output", "outputs") == ["delete"]
    assert arn not in cloud.ivs.channels


def test_what_a_host_lends_is_never_an_orphan(cloud: Cloud, table: Store) -> None:
    aws.ivs().create_channel(name="test-show-1", tags={OWNER: "ann"})
    aws.ivs().create_channel(name="test-show-1", tags={OWNER: "ann", STAGE: "test"})
    assert found("outputs") == []


def test_what_belongs_to_an_open_attempt_is_no_orphan(cloud: Cloud, table: Store) -> None:
    orphans(cloud, table)
    table.found("show", 1)
    for step, _ in STEPS:
        assert found(step) == []


# -- security groups


def group(marks: dict[str, str]) -> str:
    made = aws.medialive().create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}], Tags=marks)
    group_id: str = made["SecurityGroup"]["Id"]
    return group_id


def test_a_security_group_of_the_stage_that_nothing_used_for_a_day_is_deleted(
    cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, used, current = (group({STAGE: "test"}) for _ in range(3))
    others = [group({}), group({STAGE: "prod"}), group({"showrunner:stages": "test"}), group({"stage": "test"})]
    monkeypatch.setenv("SHOWRUNNER_INPUT_SECURITY_GROUP", current)
    destinations = [{"StreamName": "live/a"}]
    aws.medialive().create_input(Name="mine", Type="RTMP_PUSH", InputSecurityGroups=[used], Destinations=destinations)
    cloud.clock.advance(10)
    assert found("inputs") == [("security group", "seen")]
    seen_long_ago(table)
    assert found("inputs") == [("security group", "delete")]
    cloud.clock.advance(10)
    there = {each["Id"] for each in medialive.listed_security_groups() if each["State"] != "DELETED"}
    assert there == {used, current, *others}
    assert left not in there


# -- what is stored


@pytest.fixture
def upload(table: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("tasks.sweep_storage.UPLOAD_SECONDS", 0)
    return "show/1/recordings/1/film.mp4"


def uploads() -> list[str]:
    return [each["Key"] for each in aws.s3().list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


def test_an_upload_that_nobody_goes_on_with_is_aborted(upload: str) -> None:
    others = ["show/1/recordings/1/film.mp4.bak", "show/1/index_00001.ts", "film.mp4"]
    for key in (upload, *others):
        aws.s3().create_multipart_upload(Bucket=BUCKET, Key=key)
    assert found("storage", dry_run=True) == [("upload", "abort")]
    assert found("storage") == [("upload", "abort")]
    assert sorted(uploads()) == sorted(others)


def test_an_upload_that_may_still_go_on_is_left_alone(table: Store) -> None:
    aws.s3().create_multipart_upload(Bucket=BUCKET, Key="show/1/recordings/1/film.mp4")
    assert found("storage") == []


def stored_show(show: str) -> None:
    for name in ("index.m3u8", "index_00001.ts", "recordings/1/film.mp4"):
        aws.s3().put_object(Bucket=BUCKET, Key=f"{show}/{name}", Body=b"x")


def test_a_stored_show_that_no_row_knows_is_told_and_kept(table: Store) -> None:
    over(table)
    for show in ("show/1", "show/2", "show-1/1", "lost/1", "other/things"):
        stored_show(show)
    aws.s3().put_object(Bucket=BUCKET, Key="readme.txt", Body=b"x")
    finds = sweep("storage")["finds"]
    assert {find["action"] for find in finds} == {"report"}
    assert [find["name"] for find in finds] == ["lost/1/", "other/things/", "show-1/1/", "show/2/"]
    assert len(aws.s3().list_objects_v2(Bucket=BUCKET)["Contents"]) == 16


def test_many_stored_shows_are_looked_at_a_part_at_a_time(table: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.sweep_storage.SESSIONS_AT_ONCE", 2)
    names = ["a", "a-1", "a1", "b", "c"]
    for name in names:
        aws.s3().put_object(Bucket=BUCKET, Key=f"{name}/1/index.m3u8", Body=b"x")
    dry = [find["name"] for find in sweep("storage", dry_run=True)["finds"]]
    assert dry == [find["name"] for find in sweep("storage", dry_run=True)["finds"]]
    looked = [[find["name"] for find in sweep("storage")["finds"]] for _ in range(4)]
    assert looked[0] == dry
    assert sorted(name for part in looked[:3] for name in part) == sorted(f"{name}/1/" for name in names)
    assert looked[3] == looked[0]


# -- dry runs and the report


def test_a_dry_run_writes_nothing(cloud: Cloud, table: Store) -> None:
    orphans(cloud, table)
    open_show(table, "lost")
    table.lease("arn:stale", "show", 1, 3600)
    stored_show("nobodys/1")
    before = aws.dynamodb().scan(TableName=table.table)["Items"]
    for step in ("sessions", "rows", "channels", "inputs", "outputs", "storage"):
        assert sweep(step, dry_run=True)["finds"]
    assert aws.dynamodb().scan(TableName=table.table)["Items"] == before
    assert running(cloud) == []
    assert executions.running_archives() == []


STEP = {"finds": [{"kind": "channel", "name": "arn:1", "action": "cleanup"}], "counts": {"channel": 130}, "failed": []}


def report(event: Item) -> Item:
    answer: Item = import_module("tasks.report_sweep").handler(event, None)
    return answer


def test_the_report_counts_what_was_found(environment: None, capsys: pytest.CaptureFixture[str]) -> None:
    answer = report({"found": {"SweepChannels": STEP, "SweepInputs": {"finds": [], "counts": {}, "failed": []}}})
    assert answer == {"finds": STEP["finds"], "counts": {"channel": 130}}
    metrics = capsys.readouterr().out
    assert '"SweepFinds":[130.0]' in metrics
    assert '"SweptChannel":[130.0]' in metrics
    assert '"SweptStoredShow":[0.0]' in metrics
    assert '"SweepFailures":[0.0]' in metrics


def test_a_dry_run_is_not_counted(environment: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert report({"dry_run": True, "found": {"SweepChannels": STEP}})["counts"] == {"channel": 130}
    assert "SweepFinds" not in capsys.readouterr().out


def test_what_could_not_be_done_fails_the_sweep_and_is_counted(
    environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    step = {"finds": [], "counts": {}, "failed": ["input arn:2"]}
    with pytest.raises(SweepIncomplete, match="Not swept: SweepChannels, input arn:2"):
        report({"found": {"SweepInputs": step}, "errors": {"SweepChannels": {"Error": "States.Timeout"}}})
    assert '"SweepFailures":[2.0]' in capsys.readouterr().out
