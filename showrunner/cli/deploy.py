"""`showrunner deploy` and `destroy`: a stage onto AWS, and off it, with an operator's AWS credentials."""

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli.errors import Misuse, Refused
from showrunner.cli.output import AsJson, console, facts, print_json, warn

if TYPE_CHECKING:
    from infra.deploy import Progress

Stage = Annotated[str, typer.Option(envvar="SHOWRUNNER_STAGE", help="The stage's name.")]


def deploy(
    stage: Stage,
    input_cidr: Annotated[
        str | None, typer.Option(metavar="CIDR", help="Who may publish to the inputs, for instance 203.0.113.7/32.")
    ] = None,
    cors_origin: Annotated[
        str | None, typer.Option(metavar="URL", help="A page besides the studio that may call the API, https://...")
    ] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=0, help="Delete what was recorded after so many days; 0, the default, never.")
    ] = None,
    sessions_of_owner: Annotated[
        int | None, typer.Option(min=0, help="How many sessions of one owner may run at once: 5; 0 for any number.")
    ] = None,
    sessions_of_stage: Annotated[
        int | None, typer.Option(min=0, help="How many sessions may run at once in all: 20; 0 for any number.")
    ] = None,
    budget_of_owner: Annotated[
        int | None,
        typer.Option(min=0, help="What one owner's sessions may cost in a month, in dollars; 0: anything."),
    ] = None,
    budget_of_stage: Annotated[
        int | None, typer.Option(min=0, help="What all sessions may cost in a month, in dollars; 0 for anything.")
    ] = None,
    at_budget: Annotated[
        str | None, typer.Option(metavar="warn|stop", help="Whether a month's budget stops sessions, or only warns.")
    ] = None,
    quota: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=N",
            help="What the account may have, whatever Service Quotas tells: channels=20; off to refuse nobody by it.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a stage on AWS, or update it.

    Packages, uploads, runs a CloudFormation change set, and puts the studio's page in its place. The first time,
    --input-cidr is needed; later, what is left out stays as it is.
    """
    given = {
        "InputCidr": input_cidr,
        "CorsOrigin": cors_origin,
        "KeepDays": keep_days,
        "SessionsOfOwner": sessions_of_owner,
        "SessionsOfStage": sessions_of_stage,
        "BudgetOfOwner": budget_of_owner,
        "BudgetOfStage": budget_of_stage,
        "AtBudget": at_budget,
        "Quotas": _quotas(quota) if quota else None,
    }
    parameters = {name: str(value) for name, value in given.items() if value is not None}
    with explained():
        from infra import deploy as infra

        with _resources(as_json) as report:
            outputs = infra.deploy(stage, parameters, report=report, warn=warn)
    if as_json:
        print_json(outputs)
        return
    print(facts(**outputs))
    console().print(f"\nThe studio: {outputs['StudioUrl']}\n\nIn your shell:")
    print(f"  export SHOWRUNNER_API_URL={outputs['ApiUrl']}")
    print(f"  export SHOWRUNNER_CLIENT_ID={outputs['UserPoolClientId']}")


def destroy(stage: Stage, as_json: AsJson = False) -> None:
    """Take a stage down.

    Refused while a session has not ended. The table, the recordings and the users stay.
    """
    with explained():
        from infra import deploy as infra

        with _resources(as_json) as report:
            stays = infra.destroy(stage, report=report)
    if as_json:
        print_json({"stays": stays})
        return
    console().print(f"Stage '{stage}' is gone. What stays, and is yours to delete:")
    print(facts(**stays))


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns what goes wrong between here and AWS into one sentence."""
    if importlib.util.find_spec("infra") is None:
        raise Misuse("The deployment code is not installed here. Run this in a checkout of Showrunner.")
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ProfileNotFound

    from infra.deploy import DeployError

    try:
        yield
    except (DeployError, BotoCoreError, ClientError) as error:
        match error.__cause__ or error:
            case NoCredentialsError():
                raise Misuse("There are no AWS credentials. Set AWS_PROFILE, or sign in to AWS.") from None
            case NoRegionError():
                raise Misuse("AWS_REGION is not set. Set it to the region of the stage.") from None
            case ProfileNotFound() as cause:
                raise Misuse(f"{cause}. Check AWS_PROFILE.") from None
        raise Refused(str(error)) from None


@contextlib.contextmanager
def _resources(quiet: bool) -> "Iterator[Callable[[Progress], None]]":
    """Shows each resource as CloudFormation is done with it, and how many are at work."""
    out = console()
    working: set[str] = set()
    with contextlib.nullcontext() if quiet else out.status("Packaging and uploading") as status:

        def report(progress: "Progress") -> None:
            working.add(progress.resource)
            if not progress.status.endswith("_IN_PROGRESS"):
                working.discard(progress.resource)
                if not quiet:
                    out.print(f"{progress.status:<16}  {progress.resource}  {progress.type}", soft_wrap=True)
                    if progress.failed and progress.reason:
                        out.print(f"{'':<16}  {progress.reason}", style="red", soft_wrap=True)
            if status is not None:
                status.update(f"CloudFormation: {len(working)} resources at work")

        yield report


def _quotas(given: list[str]) -> str:
    """As the template's parameter has them; `none` takes back what was given before. Raises Misuse."""
    from showrunner.quotas import OFF, QUOTAS

    names = [quota.name for quota in QUOTAS]
    for each in given if given != ["none"] else ():
        name, _, number = each.partition("=")
        if name not in names or not (number.isdecimal() or number == OFF):
            wanted = f"NAME=N or NAME={OFF}, where NAME is one of {', '.join(names)}; or none"
            raise Misuse(f"--quota {each} is none: {wanted}.")
    return ",".join(given)
