"""`showrunner channel ...`: persistent IVS channels, which sessions borrow.

`create`, `list` and `delete` ask the API; `tag` is an operator's, with AWS credentials.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from showrunner.cli import connection
from showrunner.cli.deploy import Stage, explained
from showrunner.cli.errors import Refused
from showrunner.cli.output import AsJson, clock, console, facts, print_json

if TYPE_CHECKING:
    from mypy_boto3_ivs import IVSClient

app = typer.Typer(no_args_is_help=True, help="IVS channels that stay, for sessions to borrow.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="1 to 64 letters, digits, '-' and '_'.")],
    type_: Annotated[str, typer.Option("--type", help="STANDARD, or BASIC for profiles up to 720p30.")] = "STANDARD",
    as_json: AsJson = False,
) -> None:
    """Make a channel of your own; where you have one of that name, this is it."""
    answer = connection.connect().create_channel(name, type_)
    if as_json:
        print_json(answer)
        return
    channel = answer["channel"]
    console().print(answer["message"])
    print(facts(arn=channel["arn"]))
    console().print("Lend it to a session: showrunner session create --channel-arn ARN")


@app.command("list")
def list_channels(
    owner: Annotated[str | None, typer.Option(metavar="SUB", help="Of another owner; for producers.")] = None,
    as_json: AsJson = False,
) -> None:
    """Your channels, and which session has each."""
    answer = connection.connect().channels(owner)
    if as_json:
        print_json(answer)
        return
    if not answer["channels"]:
        console().print("There are no channels. Make one: showrunner channel create NAME")
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("NAME", "TYPE", "IN USE BY", "AT LEAST UNTIL"):
        table.add_column(heading, no_wrap=True)
    for each in answer["channels"]:
        lease = each["lease"]
        used = (lease["session_id"], clock(lease["until"])) if lease else ("", "")
        table.add_row(each["name"], each["type"], *used)
    console().print(table)
    print(facts(**{each["name"]: each["arn"] for each in answer["channels"]}))


@app.command()
def delete(
    channel: Annotated[str, typer.Argument(metavar="ARN", help="Its ARN, or the id that ends it.")],
    as_json: AsJson = False,
) -> None:
    """Delete a channel of your own that no session has, with its stream key."""
    answer = connection.connect().delete_channel(channel.rpartition("/")[2])
    print_json(answer) if as_json else console().print(answer["message"])


@app.command()
def tag(
    arn: Annotated[str, typer.Argument(metavar="ARN", help="Of an IVS channel in this account and region.")],
    user: Annotated[str, typer.Option(help="Whose it shall be: a user of the stage's pool, by name or 'sub'.")],
    stage: Stage,
    as_json: AsJson = False,
) -> None:
    """Give a channel that exists to a user, so that the user's sessions can borrow it. For operators."""
    with explained():
        import boto3

        from infra.deploy import outputs
        from showrunner.naming import OWNER

        sub = _sub(outputs(stage)["UserPoolId"], user)
        ivs: IVSClient = boto3.client("ivs")
        before = _tags(ivs, arn).get(OWNER)
        if before != sub:
            ivs.tag_resource(resourceArn=arn, tags={OWNER: sub})
    if as_json:
        print_json({"arn": arn, "owner": sub, "before": before})
        return
    was = f" It was {before}'s before." if before and before != sub else ""
    console().print(f"The channel is {user}'s.{was}", soft_wrap=True)


def _sub(pool: str, user: str) -> str:
    import boto3

    cognito = boto3.client("cognito-idp")
    try:
        found = cognito.admin_get_user(UserPoolId=pool, Username=user)
    except cognito.exceptions.UserNotFoundException:
        raise Refused(f"The stage's user pool has no user '{user}'.") from None
    return next(str(each["Value"]) for each in found["UserAttributes"] if each["Name"] == "sub")


def _tags(ivs: "IVSClient", arn: str) -> dict[str, str]:
    """Raises Refused where there is no such channel, or it is one that a session has made and will delete."""
    from showrunner.naming import SESSION

    try:
        tags = ivs.get_channel(arn=arn)["channel"].get("tags", {})
    except ivs.exceptions.ResourceNotFoundException:
        raise Refused(f"There is no IVS channel {arn} in this account and region.") from None
    if SESSION in tags:
        raise Refused(f"The channel is session '{tags[SESSION]}'s own, and is deleted with it.")
    return tags
