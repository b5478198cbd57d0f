"""Executions on Step Functions: their names, starting them, and how they stand.

A name is what makes a start idempotent: the same name and input answer with the execution that runs already.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

from botocore.exceptions import ClientError

from showrunner import aws, clock
from showrunner.recording import Recording
from showrunner.session import Attempt, Failure, isotime
from showrunner.settings import settings

# How an execution may end that does not clean up by itself.
ENDS = {
    "ABORTED": "The session's execution was stopped from outside.",
    "TIMED_OUT": "The session's execution ran out of time.",
    "FAILED": "The session's execution failed.",
}


def session_execution(attempt: Attempt) -> str:
    """The ARN of the attempt's own execution, whether it exists or not."""
    return _execution_arn(settings().session_machine_arn, attempt.name)


def cleanup_execution(attempt: Attempt, trigger: str) -> str:
    return _execution_arn(settings().cleanup_machine_arn, f"{attempt.name}-{trigger}")


def start_session(attempt: Attempt) -> str:
    return _start(settings().session_machine_arn, attempt.name, _input(attempt))


def start_cleanup(attempt: Attempt, trigger: str) -> str:
    """`trigger` is what called for it; each starts at most one cleanup of an attempt. The execution's ARN."""
    return _start(settings().cleanup_machine_arn, f"{attempt.name}-{trigger}", _input(attempt))


def sweep_trigger() -> str:
    """Named for the time, so that two sweeps at once start one cleanup, and the next sweep another."""
    return f"sweep-{_minute()}"


def start_recording(recording: Recording, again: bool = False) -> str:
    """Start what publishes a closed recording, or what does it `again`, once a minute; the execution's ARN."""
    payload = {"session_id": recording.session_id, "attempt": recording.attempt, "recording": recording.number}
    name = f"{recording.id}-{_minute()}" if again else recording.id
    return _start(settings().recording_machine_arn, name, payload)


def start_archive(session_id: str, attempt: int, trigger: str = "") -> str:
    """Start what sees to it that an ended attempt's recordings are done, and that nothing else stays.

    Without a trigger, once a minute.
    """
    name = f"{session_id}-{attempt}-{trigger or _minute()}"
    return _start(settings().archive_machine_arn, name, {"session_id": session_id, "attempt": attempt})


def start_fallback(attempt: Attempt, mark: str, lost: dict[str, Any], again: bool = False) -> str:
    """Start what waits for a lost picture: once for each `mark`, or once a minute `again`."""
    name = f"{attempt.name}-{mark}" + (f"-{_minute()}" if again else "")
    return _start(settings().fallback_machine_arn, name, _input(attempt) | lost)


def start_wake(attempt: Attempt, at: datetime) -> str:
    """Have the attempt's waits looked at when it is `at`, to the next second: one execution a second at most."""
    when = at.replace(microsecond=0) + timedelta(seconds=1)
    payload = _input(attempt) | {"at": isotime(when)}
    return _start(settings().wake_machine_arn, f"{attempt.name}-{when:%Y%m%d%H%M%S}", payload)


def status(arn: str) -> str | None:
    """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None where there is no such execution."""
    described = describe(arn)
    return described["status"] if described else None


def has_cleaned(attempt: Attempt) -> bool:
    """Whether the attempt's own execution has started its cleanup, and that runs or has done it."""
    return status(cleanup_execution(attempt, "session")) in ("RUNNING", "SUCCEEDED")


def ending(ended: str) -> Failure:
    """Why an attempt failed whose execution ended as `ended`."""
    return Failure(f"Execution{ended.title().replace('_', '')}", ENDS[ended])


def running_sessions() -> list[str]:
    """Their names, which are their attempts'."""
    return _running(settings().session_machine_arn)


def running_cleanups() -> list[str]:
    """Their names, ATTEMPT-TRIGGER."""
    return _running(settings().cleanup_machine_arn)


def running_archives() -> list[str]:
    """Their names, ATTEMPT-TRIGGER."""
    return _running(settings().archive_machine_arn)


def running_recordings() -> list[str]:
    """Their names: a recording's id, and from the second time on the minute when it began."""
    return _running(settings().recording_machine_arn)


class Described(TypedDict):
    """An execution as Step Functions tells of it."""

    name: str
    arn: str
    status: Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]
    started_at: str
    ended_at: str | None
    console_url: str


def describe(arn: str) -> Described | None:
    """None where there is no such execution."""
    try:
        described = aws.stepfunctions().describe_execution(executionArn=arn)
    except aws.stepfunctions().exceptions.ExecutionDoesNotExist:
        return None
    stopped = described.get("stopDate")
    return {
        "name": described["name"],
        "arn": arn,
        "status": described["status"],
        "started_at": isotime(described["startDate"]),
        "ended_at": isotime(stopped) if stopped else None,
        "console_url": console_url(arn),
    }


def console_url(arn: str) -> str:
    region = arn.split(":")[3]
    return f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{arn}"


def _running(machine_arn: str) -> list[str]:
    pages = aws.stepfunctions().get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=machine_arn, statusFilter="RUNNING")
    return [execution["name"] for page in found for execution in page["executions"]]


def _minute() -> str:
    return f"{clock.now():%Y%m%d%H%M}"


def _execution_arn(machine_arn: str, name: str) -> str:
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def _input(attempt: Attempt) -> dict[str, Any]:
    return {"session_id": attempt.session_id, "attempt": attempt.number}


def _start(machine_arn: str, name: str, payload: dict[str, Any]) -> str:
    try:
        aws.stepfunctions().start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(payload))
    except ClientError as error:
        # It ran before and has ended: what was asked for has been done.
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
    return _execution_arn(machine_arn, name)
