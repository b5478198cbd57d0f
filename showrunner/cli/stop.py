"""`showrunner stop --all`: the emergency brake of a stage, with an operator's AWS credentials."""

import os
import time
from typing import Annotated

import typer

from showrunner.cli.deploy import Stage, explained
from showrunner.cli.errors import Misuse, Refused
from showrunner.cli.output import AsJson, console, print_json

LOOK_SECONDS = 1.0


def stop(
    stage: Stage,
    everything: Annotated[bool, typer.Option("--all", help="Yes, all of them.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when all have ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop all sessions of a stage, whoever they belong to."""
    if not everything:
        raise Misuse("Which sessions? All of the stage: --all. A single one: showrunner session stop ID")
    with explained():
        _use(stage)
        from showrunner.errors import ShowrunnerError
        from showrunner.store import store
        from workflows.sessions import end

        running = sorted({attempt.session_id for attempt in store().open_attempts()})
        missed = []
        for session_id in running:
            try:
                message = end(store().session(session_id))
            except ShowrunnerError as error:  # the others are stopped all the same
                message = error.message
                missed.append(session_id)
            if not as_json:
                console().print(message)
        if missed:
            raise Refused(f"Not stopped: {', '.join(missed)}. Run it again.")
        while wait and any(True for _ in store().open_attempts()):
            time.sleep(LOOK_SECONDS)
    if as_json:
        print_json({"stopped": running})
    elif not running:
        console().print(f"Nothing runs in stage '{stage}'.")
    elif wait:
        console().print("All have ended.")


def _use(stage: str) -> None:
    """Let the product's own code here work on the stage's table and state machines."""
    from infra.deploy import outputs

    found = outputs(stage)
    os.environ["SHOWRUNNER_STAGE"] = stage
    os.environ["SHOWRUNNER_TABLE"] = found["TableName"]
    os.environ["SHOWRUNNER_SESSION_MACHINE_ARN"] = found["SessionMachineArn"]
    os.environ["SHOWRUNNER_CLEANUP_MACHINE_ARN"] = found["CleanupMachineArn"]
