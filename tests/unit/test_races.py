"""Two at once: what comes between two steps of a request or a task, and what it may not lead to."""

from dataclasses import replace

import pytest

from showrunner.api import Call, Caller
from showrunner.errors import SessionExists
from showrunner.session import Session
from showrunner.store import Replay, Store
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
        sessions.create(replace(call, body=NewSession(id=first.body["session"]["id"]), idempotency_key="k2"))
    with pytest.raises(SessionExists):
        sessions.create(replace(call, body=NewSession(**wish, title="other")))
    with pytest.raises(SessionExists):
        sessions.create(replace(call, caller=Caller("ben"), body=NewSession(id=first.body["session"]["id"])))


def test_of_two_answers_to_one_request_the_first_is_kept(table: Store) -> None:
    assert table.begin_request("ann", "k1", "digest") is None
    assert table.begin_request("ann", "k1", "digest") == Replay("digest")
    table.answer_request("ann", "k1", 201, "made")
    table.answer_request("ann", "k1", 409, "taken")
    assert table.begin_request("ann", "k1", "digest") == Replay("digest", 201, "made")
