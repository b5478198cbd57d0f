"""Two at once: what comes between two steps of a request or a task, and what it may not lead to."""

import pytest

from showrunner.api import Call, Caller
from showrunner.session import Session
from showrunner.store import Store
from tests.cloud import Cloud
from workflows import sessions

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
