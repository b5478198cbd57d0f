"""The command line: `showrunner`. What is heavy to import is imported by the command that needs it."""

from typing import Any

import typer
from typer.core import TyperGroup

from showrunner.cli import (
    channel,
    cost,
    deploy,
    dlq,
    history,
    level,
    media,
    overlay,
    record,
    sandbox,
    session,
    stop,
    sweep,
    token,
    tracks,
)
from showrunner.cli.errors import CommandError


class Commands(TyperGroup):
    """Turns a command's error into one line and its exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=lambda name: name != "session")

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            typer.echo(f"showrunner: {error}", err=True)
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a plain help is there in half the time
    help="Runs live-stream sessions on AWS, from Go Live to nothing left.",
)
app.add_typer(session.app, name="session")
app.add_typer(record.app, name="record")
app.add_typer(media.app, name="media")
app.add_typer(channel.app, name="channel")
app.add_typer(tracks.app, name="tracks")
app.add_typer(dlq.app, name="dlq")
app.add_typer(sandbox.app, name="sandbox")
app.command()(session.take)
app.command()(session.cue)
app.command()(session.panic)
app.command()(level.level)
app.command()(overlay.overlay)
app.command()(session.ingest)
app.command()(session.thumbnail)
app.command()(session.timeline)
app.command()(history.history)
app.command()(cost.cost)
app.command()(token.token)
app.command()(deploy.deploy)
app.command()(deploy.destroy)
app.command()(stop.stop)
app.command()(sweep.sweep)
app.command(context_settings=sandbox.PASS_ON)(sandbox.up)
app.command(context_settings=sandbox.PASS_ON)(sandbox.demo)


def main() -> None:
    """The entry point."""
    app(prog_name="showrunner")
