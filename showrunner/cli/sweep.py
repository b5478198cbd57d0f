"""`showrunner sweep`: a sweep of a stage now, or only what one would do, with an operator's AWS credentials."""

import json
import time
from typing import Annotated, Any

import typer

from showrunner.cli.deploy import Stage, explained
from showrunner.cli.errors import Refused
from showrunner.cli.output import AsJson, console, print_json

LOOK_SECONDS = 0.5


def sweep(
    stage: Stage,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is left over in a stage, and clean it up. It does so by itself every 5 minutes."""
    with explained():
        described = _run(stage, dry_run)
    if described["status"] != "SUCCEEDED":
        arn = described["executionArn"]
        raise Refused(f"Not everything was swept; the next sweep tries again. What failed is in the history of {arn}.")
    report = json.loads(described["output"])
    if as_json:
        print_json(report)
        return
    for find in report["finds"]:
        print(f"{_doing(find['action'], dry_run):<16}  {find['kind']:<15}  {find['name']}")
    untold = sum(report["counts"].values()) - sum(find["action"] != "seen" for find in report["finds"])
    if untold > 0:
        console().print(f"And {untold} more.")
    if not report["finds"]:
        console().print(f"Nothing is left over in stage '{stage}'.")


def _run(stage: str, dry_run: bool) -> Any:
    """The execution, once it has ended."""
    import boto3

    from infra.deploy import outputs

    client = boto3.client("stepfunctions")
    machine = outputs(stage)["SweepMachineArn"]
    started = client.start_execution(stateMachineArn=machine, input=json.dumps({"dry_run": dry_run}))
    while True:
        described = client.describe_execution(executionArn=started["executionArn"])
        if described["status"] != "RUNNING":
            return described
        time.sleep(LOOK_SECONDS)


def _doing(action: str, dry_run: bool) -> str:
    return {"seen": "watched", "report": "needs a look"}.get(action, f"would {action}" if dry_run else action)
