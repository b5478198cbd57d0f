"""`showrunner dlq ...`: events that were not handled, with an operator's AWS credentials."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from showrunner.cli.deploy import Stage, explained
from showrunner.cli.errors import Misuse, Refused
from showrunner.cli.output import AsJson, ago, console, print_json

if TYPE_CHECKING:
    from showrunner.deadletters import DeadLetters, Letter

app = typer.Typer(no_args_is_help=True, help="See events that were not handled, and have them handled again.")


@app.command("list")
def list_(stage: Stage, as_json: AsJson = False) -> None:
    """What lies in the queues of the stage: events that could not be delivered, or that a function failed on."""
    with explained():
        letters = _open(stage)
        found = list(letters.held())
        for letter in found:
            letters.release(letter)
    if as_json:
        print_json({"letters": [_shown(letter) for letter in found]})
        return
    if not found:
        console().print(f"All events of stage '{stage}' were handled.")
    for letter in found:
        print(f"{letter.id}  {ago(_at(letter))} ago  {letter.name}  {letter.what}\n    {letter.why}")


@app.command()
def redrive(
    stage: Stage,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As `dlq list` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send events again to what should have handled them. One that fails again comes back, and one that is not taken
    stays, and keeps no other from it."""
    if bool(ids) == everything:
        raise Misuse("Which ones? Their ids as `showrunner dlq list` shows them, or --all.")
    sent, refused = [], []
    with explained():
        from botocore.exceptions import ClientError

        letters = _open(stage)
        for letter in list(letters.held()):  # all first: one that fails again, or is released, would be met again
            if not (everything or letter.id in (ids or ())):
                letters.release(letter)
                continue
            if not letter.target:
                letters.release(letter)
                refused.append(f"{letter.id}  {letter.why}")
                continue
            try:
                letters.send_again(letter)
                sent.append(letter)
            except ClientError as error:
                letters.release(letter)
                refused.append(f"{letter.id}  not taken by {letter.name}: {error.response['Error']['Message']}")
    if as_json:
        print_json({"sent": [_shown(letter) for letter in sent]})
    else:
        for letter in sent:
            print(f"{letter.id}  sent to {letter.name}")
        if not (sent or refused) and everything:
            console().print(f"All events of stage '{stage}' were handled.")
    if refused:
        raise Refused("\n".join(refused))
    if missing := sorted(set(ids or ()) - {letter.id for letter in sent}):
        raise Refused(f"Not found: {', '.join(missing)}. Somebody else may look at them; try again in a minute.")


def _open(stage: str) -> "DeadLetters":
    import boto3

    from infra.deploy import outputs
    from showrunner.deadletters import DeadLetters

    queues = outputs(stage)["DeadLetterQueueUrls"].split(",")
    return DeadLetters(queues, boto3.client("sqs"), boto3.client("lambda"), boto3.client("stepfunctions"))


def _shown(letter: "Letter") -> dict[str, Any]:
    return {"id": letter.id, "at": _at(letter), "target": letter.name, "event": letter.what, "why": letter.why}


def _at(letter: "Letter") -> str:
    from showrunner.session import isotime

    return isotime(datetime.fromtimestamp(int(letter.at) / 1000, UTC))
