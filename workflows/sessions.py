"""What can be asked of a session: create, read, prepare, start, stop, delete.

Each of these may come twice, or ten times at once: the answer says what is so, and never is a second
channel made. A start makes the next attempt only when the one before is over.
"""

import contextlib
import hashlib
import random
import uuid

import msgspec

from showrunner import aws, budget, clock, executions, quotas, waits
from showrunner.api import Answer, Call, Caller, next_cursor
from showrunner.errors import (
    Conflict,
    Forbidden,
    InProgress,
    NotFound,
    SessionExists,
    SessionNotFound,
    SessionStopping,
)
from showrunner.session import Attempt, Session
from showrunner.settings import settings
from showrunner.store import store
from showrunner.store.leases import in_use
from workflows import views
from workflows.answers import (
    Execution,
    ExecutionList,
    History,
    Ingest,
    IngestList,
    Progress,
    SessionDeleted,
    SessionMade,
    SessionNow,
    SessionPage,
    Timeline,
)
from workflows.history import drawing_of, read_history
from workflows.requests import HistoryWish, MonthWish, NewSession, Nothing, OwnersPage, OwnersWish, Since, StartWish

RACES = 20


def create(call: Call[NewSession]) -> Answer[SessionMade]:
    """201, or 409 where the id is taken. Under an Idempotency-Key a request that died on its way may come again."""
    wish, key = call.body, call.idempotency_key
    made = hashlib.sha256(f"{call.caller.sub}#{key}".encode()).hexdigest() if key else uuid.uuid4().hex
    request = hashlib.sha256(f"{made}#".encode() + msgspec.json.encode(wish)).hexdigest() if key else None
    session_id = wish.id or f"s-{made[:20]}"
    values = {name: getattr(wish, name) for name in wish.__struct_fields__ if name != "id"}
    session = Session(id=session_id, owner=call.caller.sub, **values)
    store().create_session(session, request)
    shown = views.view(store().session(session.id), None)
    return Answer(201, {"message": f"Session '{session.id}' is created.", "session": shown})


def read(call: Call[Since], session_id: str) -> Answer[SessionNow]:
    """With the newer entries of the timeline, if they are asked for. What is unchanged costs one read.

    Raises NotModified.
    """
    session, attempt = store().standing(session_id, views.attempt_of(call.if_none_match))
    check_seen(call.caller, session)
    shown = views.view(session, attempt)
    headers = {"ETag": views.etag(shown), "Cache-Control": "private, no-cache"}
    call.raise_if_known(headers["ETag"], headers)
    recordings = store().recordings(session.id, attempt.number) if attempt and attempt.recordings else []
    after = call.body.after
    entries = None if after is None else store().timeline(session.id, after)
    return Answer(200, views.now(shown, recordings, entries, after or ""), {**headers})


def listing(call: Call[OwnersPage]) -> Answer[SessionPage]:
    """A page of the caller's sessions, newest first; producers may ask for another owner's."""
    page, owner = call.body, asked_owner(call)
    if page.running:
        return Answer(200, {"sessions": [views.summary(s) for s in store().running_sessions(owner)], "next": None})
    sessions, following = store().sessions_of(owner, page.limit, page.start(owner))
    return Answer(200, {"sessions": [views.summary(s) for s in sessions], "next": next_cursor(following)})


def asked_owner(call: Call[OwnersPage] | Call[OwnersWish] | Call[MonthWish]) -> str:
    """Whose the caller wants to see."""
    owner = call.body.owner or call.caller.sub
    if owner != call.caller.sub and not call.caller.producer:
        raise Forbidden("Only the group 'producers' may see what is other owners'. Leave out 'owner'.")
    return owner


def delete(call: Call[None], session_id: str) -> Answer[SessionDeleted]:
    """Stop it, clean it up, hide it. Recordings stay."""
    session = mine(call.caller, session_id)
    message = end(session)
    while not store().hide(session_id, session.attempt):  # a start came in between: what is hidden nobody could stop
        session = store().session(session_id)
        message = end(session)
    return Answer(202, {"message": f"{message} The session is deleted; recordings stay.", "sessionId": session_id})


def prepare(call: Call[Nothing], session_id: str) -> Answer[Progress]:
    """Make everything and start nothing; the start is quicker then."""
    return _run(mine(call.caller, session_id), start=False)


def start(call: Call[StartWish], session_id: str) -> Answer[Progress]:
    """Go live, or on the slate; creates the session with defaults if there is none of this id."""
    try:
        session = mine(call.caller, session_id)
    except SessionNotFound:
        session = Session(
            id=session_id, owner=call.caller.sub, show_id=call.body.show_id, episode_id=call.body.episode_id
        )
        try:
            store().create_session(session)
        except SessionExists:  # another owner's, a deleted one, or just now
            session = mine(call.caller, session_id)
    return _run(session, start=True, hold=call.body.hold)


def stop(call: Call[Nothing], session_id: str) -> Answer[Progress]:
    """End it, in whatever state it is."""
    session = mine(call.caller, session_id)
    if session.resting:
        was = "was never started" if session.attempt == 0 else "has ended already"
        return Answer(200, _about(f"Session '{session_id}' {was}.", session))
    message = end(session)
    return Answer(202, _about(message, store().session(session_id)))


def ingest(call: Call[None], session_id: str) -> Answer[IngestList]:
    """Where to publish to, as MediaLive says it now. The stream key is a secret: the owner's alone, not stored."""
    session = mine(call.caller, session_id)
    attempt = store().attempt(session_id, session.attempt) if session.attempt else None
    if attempt is None or session.resting or session.state == "stopping" or not attempt.inputs:
        raise Conflict(f"Session '{session_id}' has no inputs now. Prepare or start it first.", state=session.state)
    sources = [_ingest(name, attempt.inputs[name]) for name in session.pushed if name in attempt.inputs]
    return Answer(200, {"sources": sources}, {"Cache-Control": "no-store"})


def timeline(call: Call[None], session_id: str) -> Answer[Timeline]:
    seen(call.caller, session_id)
    return Answer(200, {"timeline": store().timeline(session_id)})


def execution_list(call: Call[None], session_id: str) -> Answer[ExecutionList]:
    """Its own executions and their cleanups, oldest first."""
    seen(call.caller, session_id)
    found = [(executions.describe(arn), attempt) for arn, attempt in store().executions(session_id)]
    listed: list[Execution] = [{**described, "attempt": attempt} for described, attempt in found if described]
    return Answer(200, {"executions": sorted(listed, key=lambda e: e["started_at"])})


def history(call: Call[HistoryWish], session_id: str, name: str) -> Answer[History]:
    seen(call.caller, session_id)
    wish = call.body
    for arn, attempt in store().executions(session_id):
        if arn.endswith(f":{name}") and (described := executions.describe(arn)):
            execution: Execution = {**described, "attempt": attempt}
            states, after = read_history(arn, wish.after)
            drawing = None if wish.after else drawing_of(arn)
            return Answer(200, {"execution": execution, "states": states, "drawing": drawing, "after": after})
    raise NotFound(f"Session '{session_id}' has no execution '{name}'.", name=name)


def mine(caller: Caller, session_id: str) -> Session:
    """Raises SessionNotFound for a session of another owner: it does not tell that it exists."""
    session = store().session(session_id)
    if session.owner != caller.sub or session.deleted_at:
        raise SessionNotFound(session_id)
    return session


def seen(caller: Caller, session_id: str) -> Session:
    session = store().session(session_id)
    check_seen(caller, session)
    return session


def check_seen(caller: Caller, session: Session) -> None:
    """Raises SessionNotFound for one of another owner, unless a producer asks."""
    if session.deleted_at or (session.owner != caller.sub and not caller.producer):
        raise SessionNotFound(session.id)


def _run(session: Session, start: bool, hold: bool = False) -> Answer[Progress]:
    if session.resting:
        budget.refuse(session)
    session, began = _attempt(session, start, hold)
    if session.state == "stopping":
        raise SessionStopping(f"Session '{session.id}' is still being stopped. Start it again when it has ended.")
    attempt = store().attempt(session.id, session.attempt)
    if start and not attempt.start_requested_at:  # it was prepared
        budget.refuse(session)
    if session.state == "preparing":  # also where a start died before this call
        executions.start_session(attempt)
    if start and store().request_start(session.id, attempt.number, hold):
        began = True
        waits.wake(session.id, attempt.number, {"start_requested"})
    wish = "start" if start else "preparation"
    message = f"The {wish} of session '{session.id}' " + ("has begun." if began else "was asked for before.")
    return Answer(202 if began else 200, _about(message, session))


def _most_at_once() -> tuple[int, int]:
    """How many sessions of an owner's, and of the stage's, may run; 0 for any."""
    return int(settings().sessions_of_owner), int(settings().sessions_of_stage)


def _attempt(session: Session, start: bool, hold: bool) -> tuple[Session, bool]:
    """The session in its running attempt, and whether this call began it."""
    for _ in range(RACES):
        if not session.resting:
            return session, False
        _refuse_taken(session)
        began = False
        with contextlib.suppress(InProgress):
            wanted, number = quotas.plan(session), _number(session)
            began = store().begin_attempt(session, start, hold, *_most_at_once(), wanted, number)
        if not began:
            clock.sleep(random.uniform(0, 0.1))  # another request is at it at this moment
        session = store().session(session.id)
        if session.deleted_at:
            raise SessionNotFound(session.id)
        if began:
            return session, True
    raise InProgress(f"Session '{session.id}' is being changed by others all the time. Try again.")


def _number(session: Session) -> int:
    """The next attempt's. A table that was restored from a backup does not know the latest attempts, whose executions
    still have their names, and whose shows are stored.
    """
    number = session.attempt + 1
    while executions.status(executions.session_execution(Attempt(session.id, number))):
        number += 1
    return number


def _refuse_taken(session: Session) -> None:
    """Raises OutputInUse where another session of the owner's has the channel to borrow: at once, and no attempt fails
    of it. Of another owner's session nothing is told here; whose the channel is, the attempt asks IVS.
    """
    arn = session.output.channel_arn
    lease = store().lease_of(arn) if arn else None
    if arn is None or lease is None or lease.session_id == session.id:
        return
    if lease.deletion:
        raise in_use(arn, lease)
    with contextlib.suppress(SessionNotFound):
        if store().session(lease.session_id).owner == session.owner:
            raise in_use(arn, lease)


def end(session: Session) -> str:
    """Flag, then wake: a wait that comes in between finds the flag. The flag is not lost if this dies here."""
    if session.resting:
        return f"Session '{session.id}' is not running."
    attempt = store().attempt(session.id, session.attempt)
    first = store().mark(session.id, attempt.number, "stop_requested_at")
    store().advance(session.id, attempt.number, "stopping", "Stop requested")
    waits.stop(session.id, attempt.number)
    if not _attended(attempt):
        executions.start_cleanup(attempt, "stop")
    return f"Session '{session.id}' is being stopped." if first else f"Session '{session.id}' was stopped before."


def _attended(attempt: Attempt) -> bool:
    """Whether its execution runs, or has started the cleanup before it ended."""
    runs = executions.status(executions.session_execution(attempt)) == "RUNNING"
    return runs or executions.has_cleaned(attempt)


def _about(message: str, session: Session) -> Progress:
    attempt = store().attempt(session.id, session.attempt) if session.attempt else None
    arn = executions.session_execution(attempt) if attempt else None
    return {
        "message": message,
        "state": session.state,
        "session_id": session.id,
        "attempt": session.attempt,
        "execution_arn": arn,
        "console_url": executions.console_url(arn) if arn else None,
        "playbackUrl": attempt.playback_url if attempt else None,
    }


def _ingest(source: str, input_id: str) -> Ingest:
    try:
        destinations = aws.medialive().describe_input(InputId=input_id).get("Destinations", [])
    except aws.medialive().exceptions.NotFoundException:
        destinations = []
    if not destinations:
        raise Conflict(f"The source '{source}' has no address now. Ask again when the session is ready.", source=source)
    url = destinations[0]["Url"]
    server, _, key = url.rpartition("/")
    return {"source": source, "url": url, "server": server, "stream_key": key}
