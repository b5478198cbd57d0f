"""The simulation as a stage of the scenarios."""

from typing import Any

from showrunner import aws
from tests.simulation import stack
from tests.simulation.scenarios import Told
from tests.simulation.world import World

PATIENCE = 1800.0
OWNER = "ann"


class Theatre:
    """A `Stage`, in a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.world.call(method, path, body, OWNER)

    def until(self, show: str, *states: str) -> None:
        assert self.world.until(lambda: self.world.state(show) in states, PATIENCE, 0.1), self.world.state(show)

    def on_air(self, show: str, source: str) -> None:
        attempt = self._attempt
        assert self.world.until(lambda: attempt(show).get("on_air") == {"S": source}, PATIENCE, 0.1), attempt(show)

    def publish(self, show: str, publishing: bool) -> None:
        for each in self._attempt(show)["inputs"]["M"].values():
            self.world.plane.publish(publishing, each["S"])

    def channel(self, show: str) -> str:
        return str(self._attempt(show)["channel_id"]["S"])

    def stop_channel(self, channel: str) -> None:
        aws.medialive().stop_channel(ChannelId=channel)

    def kill_encoder(self, channel: str) -> None:
        self.world.plane.kill(channel, "killed")

    def recovered(self, channel: str) -> None:
        assert self.world.until(lambda: self.world.medialive.channels[channel].state == "RUNNING", PATIENCE, 0.1)

    def abort(self, show: str) -> None:
        machine = stack.machine_arn("session").replace(":stateMachine:", ":execution:")
        aws.stepfunctions().stop_execution(executionArn=f"{machine}:{show}-1")

    def make_output(self, tags: dict[str, str]) -> str:
        return str(aws.ivs().create_channel(name="standing", tags=tags)["channel"]["arn"])

    def owner(self) -> str:
        return OWNER

    def told(self, show: str) -> Told:
        """Once all is quiet; a recording that fails is tried again for more than an hour."""
        assert self.world.until(lambda: self.world.quiet, 5 * PATIENCE)
        runs = [run for run in self.world.engine._runs.values() if run.name.startswith(f"{show}-")]
        rows = self.world.table.partitions[f"SESSION#{show}"]
        visited, statuses = {run.name: self.world.visited(run) for run in runs}, {run.name: run.status for run in runs}
        return Told.of(rows, visited, statuses)

    def _attempt(self, show: str) -> dict[str, Any]:
        number = int(self.world.item(f"SESSION#{show}", "META")["attempt"]["N"])
        return self.world.item(f"SESSION#{show}", f"ATTEMPT#{number:06d}")
