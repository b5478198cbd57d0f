"""`showrunner deploy`, `destroy` and `stop --all`: what an operator does to a stage, with AWS credentials."""

import contextlib
import importlib.util
from collections.abc import Iterator
from typing import Annotated

import typer

from showrunner.cli.errors import Misuse, Refused
from showrunner.cli.output import AsJson, console, facts, print_json

Stage = Annotated[str, typer.Option(envvar="SHOWRUNNER_STAGE", help="The stage's name.")]


def deploy(
    stage: Stage,
    input_cidr: Annotated[str, typer.Option(help="Who may publish to the inputs, as CIDR blocks with commas between.")],
    cors_origin: Annotated[str, typer.Option(help="The web page that may call the API, https://...")],
    as_json: AsJson = False,
) -> None:
    """Put a stage on AWS, or update it.

    Packages, uploads, and runs a CloudFormation change set.
    """
    with _operator():
        from infra import deploy as infra

        parameters = {"InputCidr": input_cidr, "CorsOrigin": cors_origin}
        outputs = infra.deploy(stage, parameters)
    if as_json:
        print_json(outputs)
    else:
        console().print(facts(**outputs))


def destroy(stage: Stage) -> None:
    """Take a stage down. Refused while a session is not ended; table, recordings and users stay."""
    with _operator():
        from infra import deploy as infra

        infra.destroy(stage)


def stop(
    stage: Stage,
    every: Annotated[bool, typer.Option("--all", help="All of them: say it.")] = False,
) -> None:
    """Stop all sessions of a stage, whoever they belong to."""
    if not every:
        raise Misuse("Which sessions? All of the stage: --all. One: showrunner session stop ID")


@contextlib.contextmanager
def _operator() -> Iterator[None]:
    """Turns what goes wrong between here and AWS into one sentence."""
    if importlib.util.find_spec("infra") is None:
        raise Misuse("The deployment code is not installed here. Run this in a checkout of Showrunner.")
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    try:
        yield
    except NoCredentialsError:
        raise Misuse("There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret.") from None
    except NoRegionError:
        raise Misuse("AWS_REGION is not set. Set it to where the stage is to be, for instance us-east-1.") from None
    except ClientError as error:
        raise Refused(f"AWS said no to {error.operation_name}: {error.response['Error']['Message']}") from None
    except BotoCoreError as error:
        raise Refused(f"AWS cannot be asked: {error}") from None
