"""`showrunner token`."""

import os
import sys
from typing import Annotated

import typer

from showrunner.cli.connection import CLIENT_ID, sign_in
from showrunner.cli.errors import Misuse


def token(
    user: Annotated[str | None, typer.Option(envvar="SHOWRUNNER_USER", help="Name in the user pool.")] = None,
    client_id: Annotated[
        str | None, typer.Option(envvar=CLIENT_ID, help="The user pool's app client; 'deploy' prints it.")
    ] = None,
) -> None:
    """Sign in and print an ID token, alone on stdout.

    The password comes from SHOWRUNNER_PASSWORD, or is asked for.
    """
    if not client_id:
        raise Misuse("SHOWRUNNER_CLIENT_ID is not set. 'showrunner deploy' prints it.")
    user = user or _ask("User", "SHOWRUNNER_USER")
    password = os.environ.get("SHOWRUNNER_PASSWORD") or _ask("Password", "SHOWRUNNER_PASSWORD", hide=True)
    print(sign_in(client_id, user, password))


def _ask(what: str, variable: str, hide: bool = False) -> str:
    if not sys.stdin.isatty():
        raise Misuse(f"{variable} is not set, and there is no terminal to ask at.")
    answer: str = typer.prompt(what, hide_input=hide, err=True)
    return answer
