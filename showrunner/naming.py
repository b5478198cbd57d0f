"""Names and tags of what is made for an attempt: from them alone a crash's leftovers are found again."""

from showrunner.session import Attempt, Session
from showrunner.settings import settings

STAGE, SESSION, ATTEMPT, OWNER = "showrunner:stage", "showrunner:session", "showrunner:attempt", "showrunner:owner"


def name_of(attempt: Attempt) -> str:
    """The name of the attempt's channels and the stem of its inputs' names."""
    return f"{settings().stage}-{attempt.name}"


def tags_of(session: Session, attempt: Attempt) -> dict[str, str]:
    return {**marks_of(attempt), OWNER: session.owner}


def marks_of(attempt: Attempt) -> dict[str, str]:
    """The tags that say which attempt a resource belongs to."""
    return {STAGE: settings().stage, SESSION: attempt.session_id, ATTEMPT: str(attempt.number)}


def belongs_to(attempt: Attempt, tags: dict[str, str]) -> bool:
    return marks_of(attempt).items() <= tags.items()
