"""Setting levels: of a session's sources, and of its programme."""

from showrunner import levels
from showrunner.api import Answer, Call
from showrunner.errors import InvalidRequest, NotFound
from showrunner.levels import ProgrammeLevel, SourceLevel
from showrunner.session import SLATE
from showrunner.sound import Level, Sound
from showrunner.store import store
from workflows import copies
from workflows.sessions import mine


def set_programme(call: Call[Sound], session_id: str) -> Answer[ProgrammeLevel]:
    """The programme's level and loudness, for every start from now on."""
    session = mine(call.caller, session_id)
    if session.sound != call.body:
        store().set_sound(session, call.body, f"Level of the programme: {call.body}", call.caller.sub)
        session.sound = call.body
    attempt = None if session.resting else store().attempt(session.id, session.attempt)
    return Answer(200, levels.of_programme(session, attempt))


def set_source(call: Call[Level], session_id: str, name: str) -> Answer[SourceLevel]:
    """How loud a source is wanted."""
    session = mine(call.caller, session_id)
    if name == SLATE:
        raise InvalidRequest("The slate is silent: it has no level.", field="name")
    source = next((each for each in session.sources if each.name == name), None)
    if source is None:
        raise NotFound(f"Session '{session_id}' has no source '{name}'.", source=name)
    if session.levels.get(name, Level()) != call.body:
        store().set_level(session, name, call.body, f"Level of '{name}': {call.body}", call.caller.sub)
        session.levels[name] = call.body
    attempt = None if session.resting else store().attempt(session.id, session.attempt)
    if source.type == "MP4_FILE":
        copies.of_list(session, name, again=True)
    return Answer(200, levels.of_source(session, name, attempt))
