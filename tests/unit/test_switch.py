"""What was asked for and what is on air: MediaLive's word settles a switch, and nothing else does."""

from datetime import datetime, timedelta

from showrunner.session import Session
from showrunner.store import Store
from showrunner.switch import CONFIRM_SECONDS, Switch, past

AT = "2026-01-01T12:00:00.000Z"


def switch(action: str, source: str = "callers", asked_at: str = AT) -> Switch:
    return Switch(action, source, "ann", asked_at)


def test_a_switch_is_unconfirmed_once_it_should_have_been_seen() -> None:
    asked = switch("a")
    due = datetime.fromisoformat(AT)
    assert not asked.unconfirmed(due + timedelta(seconds=CONFIRM_SECONDS))
    assert asked.unconfirmed(due + timedelta(seconds=CONFIRM_SECONDS + 1))
    assert asked.delay("2026-01-01T12:00:00.250Z") == 0.25


def test_what_was_asked_before_the_one_on_air_is_over() -> None:
    early, on_air, late = switch("a"), switch("b", asked_at="2026-01-01T12:00:01.000Z"), switch("c", asked_at="2027")
    assert past([early, on_air, late], on_air) == [on_air, early]


def test_a_chain_is_over_when_it_is_broken_and_not_while_it_goes_on() -> None:
    first, cut = switch("first"), switch("cut", asked_at="2026-01-01T12:00:01.000Z")
    second = Switch("second", "tracks", "ann", AT, item="b", after="first")
    third = Switch("third", "tracks", "ann", AT, item="c", after="second")
    assert past([first, second, third], first) == [first]
    assert past([second, third], second) == [second]
    assert past([second, third, cut], cut) == [cut, second, third]
    later = Switch("later", "host", "ann", AT, at="2026-01-01T13:00:00.000Z")
    behind = Switch("behind", "host", "ann", AT, after="later")
    assert past([later, behind, cut], cut) == [cut]
    assert not second.unconfirmed(datetime.fromisoformat("2027-01-01T00:00:00Z"))


def begun(table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    assert table.begin_attempt(table.session("show"), start=True)


def told(table: Store) -> list[tuple[str, str, str | None]]:
    entries = table.timeline("show")
    return [(entry.kind, entry.text.split(",")[0], entry.by) for entry in entries if entry.kind != "state"]


def test_a_switch_is_asked_once_and_confirmed_once(table: Store) -> None:
    begun(table)
    for _ in range(2):
        table.ask("show", 1, [switch("take-1")], "'callers' was asked for")
    assert table.attempt("show", 1).taking == "callers"
    assert table.on_air("show", 1, "callers", switch("take-1"))
    assert not table.on_air("show", 1, "callers", switch("take-1"))
    assert not table.on_air("show", 1, "callers")
    attempt = table.attempt("show", 1)
    assert (attempt.on_air, attempt.switches) == ("callers", {})
    assert told(table) == [("switch", "'callers' was asked for", "ann"), ("source", "On air: callers", "ann")]


def test_a_switch_that_was_overtaken_is_over_with_the_later_one(table: Store) -> None:
    begun(table)
    table.ask("show", 1, [switch("take-1", "callers")], "asked")
    later = switch("take-2", "host", "2026-01-01T12:00:02.000Z")
    table.ask("show", 1, [later], "asked")
    assert table.attempt("show", 1).taking == "host"
    assert table.on_air("show", 1, "host", later)
    assert table.attempt("show", 1).switches == {}


def test_what_medialive_refused_is_not_waited_for(table: Store) -> None:
    begun(table)
    table.ask("show", 1, [switch("take-1")], "asked")
    table.withdraw("show", 1, [switch("take-1")])
    assert table.attempt("show", 1).taking is None


def test_a_change_that_nobody_asked_for_is_told_once(table: Store) -> None:
    begun(table)
    assert table.on_air("show", 1, "host")
    assert not table.on_air("show", 1, "host")
    assert told(table) == [("source", "On air: host", None)]


def test_a_start_after_a_panic_still_holds(table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    assert table.begin_attempt(table.session("show"), start=False)
    table.hold("show", 1)
    assert table.request_start("show", 1, hold=False)
    assert not table.request_start("show", 1, hold=True)
    assert table.attempt("show", 1).hold
