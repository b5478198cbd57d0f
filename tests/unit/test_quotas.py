"""What the account may have of MediaLive and IVS: a start without room is refused before anything is made."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import servicequotas
from sandbox.ivs import limits
from sandbox.medialive.service import Quotas
from showrunner import aws, clock, quotas
from showrunner.api import Call, Caller
from showrunner.errors import QuotaExceeded
from showrunner.naming import ATTEMPT, OWNER, SESSION, STAGE
from showrunner.session import Output, Session, Source
from showrunner.store import Store
from tasks import count_quotas, sweep_rows
from tests.cloud import Cloud
from tests.inprocess import table_in_memory, table_on_moto
from workflows import sessions
from workflows.requests import Nothing, StartWish

ANN = Caller("ann")
TABLES = {"moto": table_on_moto, "memory": table_in_memory}
GUEST = Source("guest", "RTMP_PUSH")


def start(table: Store, name: str, *sources: Source, output: Output | None = None) -> None:
    """Raises QuotaExceeded."""
    kept = {"sources": (Source("host", "RTMP_PUSH"), *sources), "output": output or Output()}
    table.create_session(Session(id=name, owner="ann", **kept))
    assert sessions.start(Call(ANN, StartWish()), name).status == 202


def end(table: Store, name: str) -> None:
    table.advance(name, 1, "stopping", "Stopping")
    table.close_attempt(name, 1)


def channel(cloud: Cloud, name: str, **tags: str) -> str:
    """An IVS channel of somebody's."""
    made: str = aws.ivs().create_channel(name=name, tags=tags)["channel"]["arn"]
    return made


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets time pass for the product."""
    passed = [0.0]

    class Later(type(clock._clock)):  # type: ignore[misc, name-defined]
        def time(self) -> float:
            return float(super().time() + passed[0])

    clock.use(Later())
    yield lambda seconds: passed.__setitem__(0, passed[0] + seconds)
    clock.use()


def test_a_start_without_room_says_which_quota_and_what_to_do(table: Store, cloud: Cloud) -> None:
    cloud.medialive.quotas = Quotas(channels=2, push_inputs=3)
    start(table, "a", GUEST)
    with pytest.raises(
        QuotaExceeded, match=r"may have 3 MediaLive push inputs, 2 are in use.* needs 2\..*L-9E233AF7"
    ) as r:
        start(table, "b", GUEST)
    told = {"quota": "push_inputs", "code": "L-9E233AF7", "limit": 3, "used": 2, "used_by_sessions": 2, "needed": 2}
    assert (r.value.status, r.value.details) == (409, told)
    assert (table.session("b").state, table.session("b").attempt) == ("created", 0)
    start(table, "c")
    with pytest.raises(QuotaExceeded, match="2 MediaLive channels, 2 are in use"):
        sessions.prepare(Call(ANN, Nothing()), "b")
    end(table, "a")
    table.close_attempt("a", 1)  # a cleanup may run twice
    assert table.account().reservations.keys() == {"c-1"}
    assert (table.account().reserved("channels"), table.account().reserved("push_inputs")) == (1, 1)
    assert sessions.prepare(Call(ANN, Nothing()), "b").status == 202


def test_what_is_not_ours_counts(table: Store, cloud: Cloud) -> None:
    """Another stage's, made by hand, or left behind by an attempt that is over."""
    cloud.medialive.quotas, cloud.ivs.quotas = Quotas(pull_inputs=3), limits.Quotas(channels=3)
    left = {STAGE: "test", SESSION: "old", ATTEMPT: "1", OWNER: "ann"}
    channel(cloud, "test-old-1", **left)
    arn = channel(cloud, "friday", **{OWNER: "ann"})
    aws.medialive().create_input(Name="theirs", Type="MP4_FILE", Sources=[{"Url": "s3ssl://b/film.mp4"}])
    cloud.clock.advance(10)  # lists lag
    start(table, "a")
    with pytest.raises(QuotaExceeded, match="3 IVS channels, 3 are in use"):
        start(table, "b")
    start(table, "c", output=Output(channel_arn=arn))  # needs none
    with pytest.raises(QuotaExceeded, match="3 MediaLive pull inputs, 3 are in use"):
        start(table, "d", output=Output(channel_arn=arn + "x"))


def test_what_a_session_has_made_is_not_counted_twice(table: Store, cloud: Cloud) -> None:
    cloud.ivs.quotas = limits.Quotas(channels=3, streams=2)
    start(table, "a")
    own = channel(cloud, "test-a-1", **{STAGE: "test", SESSION: "a", ATTEMPT: "1", OWNER: "ann"})
    hosts = channel(cloud, "friday", **{OWNER: "ann"})
    start(table, "b", output=Output(channel_arn=hosts))
    for arn in (own, hosts):
        cloud.ivs.stream_started(arn)
    account = quotas.look()
    assert (account.others["ivs_channels"], account.others["ivs_streams"]) == (1, 0)
    end(table, "b")  # and somebody goes on to stream to it
    assert quotas.look().others["ivs_streams"] == 1
    with pytest.raises(QuotaExceeded, match="2 IVS concurrent streams, 2 are in use"):
        start(table, "c", output=Output(channel_arn=hosts))


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.usefixtures("environment")
def test_two_starts_at_once_cannot_both_take_the_last_place(kind: str) -> None:
    """Both have planned before either writes."""
    with TABLES[kind]() as table:
        table.note_quotas({"channels": 3}, {"channels": 2})
        both = [Session(id=name, owner="ann") for name in ("a", "b")]
        for each in both:
            table.create_session(each)
        plans = [quotas.plan(table.session(each.id)) for each in both]
        begun = [table.begin_attempt(table.session(s.id), True, wanted=p) for s, p in zip(both, plans, strict=True)]
        assert begun == [True, False]
        assert (table.session("b").state, table.account().reserved("channels")) == ("created", 1)
        with pytest.raises(QuotaExceeded):
            quotas.plan(table.session("b"))


def test_the_second_of_two_presses_is_not_refused(table: Store, cloud: Cloud) -> None:
    cloud.medialive.quotas = Quotas(channels=1)
    start(table, "a")
    before = Session(id="a", owner="ann")
    assert not table.begin_attempt(before, True, wanted=quotas.plan(before))


def test_a_start_reads_what_the_sweeper_counted_and_asks_aws_nothing(
    table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_quotas.handler({}, None)
    monkeypatch.setattr(quotas, "_others", lambda: pytest.fail("it counted"))
    start(table, "a")


def test_a_count_is_not_stood_on_when_it_is_old(table: Store, cloud: Cloud, later: Any) -> None:
    cloud.medialive.quotas = Quotas(channels=1)
    start(table, "a")
    cloud.medialive.quotas = Quotas(channels=2)
    with pytest.raises(QuotaExceeded):  # seconds after it was counted
        start(table, "b")
    later(quotas.ANEW_SECONDS + 1)
    assert sessions.start(Call(ANN, StartWish()), "b").status == 202
    cloud.medialive.quotas = Quotas(channels=3)
    later(quotas.OLD_SECONDS + 1)
    start(table, "c")
    assert table.account().limits["channels"] == 3


def test_one_counts_and_another_start_waits_for_it(table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "_others", lambda: pytest.fail("it counted too"))
    seen = table.account()
    assert [table.begin_count(seen), table.begin_count(seen)] == [True, False]
    monkeypatch.setattr(clock, "sleep", lambda _: table.note_quotas({"channels": 2}, {"channels": 2}))
    with pytest.raises(QuotaExceeded, match="2 MediaLive channels, 2 are in use"):
        start(table, "a")


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch, later: Any) -> list[float]:
    """The pauses that the product makes; they pass at once."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        later(seconds)

    monkeypatch.setattr(clock, "sleep", sleep)
    return pauses


def test_one_who_died_counting_is_waited_for_only_until_that_is_certain(
    table: Store, cloud: Cloud, waited: list[float]
) -> None:
    cloud.medialive.quotas = Quotas(channels=0)
    assert table.begin_count(table.account())
    with pytest.raises(QuotaExceeded):  # it has counted itself
        start(table, "a")
    assert quotas.COUNTING_SECONDS - 1 < sum(waited) < quotas.PATIENCE_SECONDS


def test_by_an_old_count_that_nobody_renews_nobody_is_refused(
    table: Store, cloud: Cloud, later: Any, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "begin_count", lambda *_: False)  # another one always was first, and died
    table.note_quotas({"channels": 1, "push_inputs": 1}, {"channels": 1})
    later(quotas.ANEW_SECONDS + 1)
    start(table, "a")
    assert quotas.PATIENCE_SECONDS - 1 < sum(waited) < quotas.PATIENCE_SECONDS + 1
    assert table.account().reserved("channels") == 1


def test_a_quota_as_it_is_by_default_is_read_of_the_defaults(table: Store, cloud: Cloud) -> None:
    cloud.medialive.quotas = Quotas(channels=50)
    cloud.quotas.only_default = ["L-9E233AF7"]
    assert quotas.look().limits == {
        "channels": 50,
        "push_inputs": 5,
        "pull_inputs": 100,
        "ivs_channels": 1_000_000,
        "ivs_streams": 1_000_000,
    }


def denied(*_: Any) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListServiceQuotas")


def test_where_service_quotas_cannot_be_read_the_settings_say(
    table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servicequotas.ServiceQuotas, "list_service_quotas", denied)
    monkeypatch.setattr(quotas, "_values", denied)
    assert quotas.look().limits == {}
    start(table, "a")  # nothing is known: AWS refuses what is too much
    monkeypatch.setenv("SHOWRUNNER_QUOTAS", "channels=1,push_inputs=7")
    assert quotas.look().limits == {"channels": 1, "push_inputs": 7}
    with pytest.raises(QuotaExceeded, match="may have 1 MediaLive channels"):
        start(table, "b")


def test_what_the_settings_say_is_so_whatever_service_quotas_tells(
    table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.medialive.quotas = Quotas(channels=1, push_inputs=5)
    start(table, "a")
    with pytest.raises(QuotaExceeded, match="may have 1 MediaLive channels"):
        start(table, "b")
    monkeypatch.setenv("SHOWRUNNER_QUOTAS", "channels=off,push_inputs=2")
    limits = quotas.look().limits
    assert ("channels" in limits, limits["push_inputs"], limits["pull_inputs"]) == (False, 2, 100)
    assert sessions.start(Call(ANN, StartWish()), "b").status == 202
    with pytest.raises(QuotaExceeded, match="may have 2 MediaLive push inputs"):
        start(table, "c")


def test_a_start_goes_on_where_aws_does_not_tell(table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "_others", denied)
    start(table, "a")
    assert table.account().reservations.keys() == {"a-1"}


def test_what_an_attempt_whose_row_is_gone_had_reserved_the_sweeper_gives_back(table: Store, cloud: Cloud) -> None:
    start(table, "a")
    start(table, "b")
    key = {"pk": {"S": "SESSION#a"}, "sk": {"S": "ATTEMPT#000001"}}
    aws.dynamodb().delete_item(TableName=table.table, Key=key)
    assert sweep_rows.handler({"dry_run": True}, None)["counts"] == {"reservation": 1, "place": 1}
    assert ("reservation", "a-1") in {(find["kind"], find["name"]) for find in sweep_rows.handler({}, None)["finds"]}
    assert table.account().reservations.keys() == {"b-1"}
    assert table.account().reserved("channels") == 1


def test_every_quota_is_one_of_service_quotas() -> None:
    known = {service: {code for code, _ in names.values()} for service, names in servicequotas.QUOTAS.items()}
    assert all(each.code in known[each.service] for each in quotas.QUOTAS)
