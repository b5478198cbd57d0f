"""The real sandbox as a stage of the scenarios."""

from typing import Any

from tests.simulation.scenarios import Told
from tests.studio import Studio, eventually

MACHINES = ("session", "cleanup", "recording", "archive")
PATIENCE = 120.0  # seconds, on a machine that is busy


class OnSandbox:
    """A `Stage`, in a sandbox that others use at the same time."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.studio.call(method, path, body)
        return answer.status_code, answer.json()

    def until(self, show: str, *states: str) -> None:
        self.studio.until(show, *states, seconds=PATIENCE)

    def on_air(self, show: str, source: str) -> None:
        eventually(lambda: self.studio.session(show)["on_air"] == source, PATIENCE, f"{source} on air")

    def publish(self, show: str, publishing: bool) -> None:
        for each in self.studio.inputs(show):
            self.studio.control("publishing", publishing=publishing, input_id=each["Id"])

    def channel(self, show: str) -> str:
        (channel,) = self.studio.channels(show)
        return str(channel["Id"])

    def stop_channel(self, channel: str) -> None:
        self.studio.aws["medialive"].stop_channel(ChannelId=channel)

    def kill_encoder(self, channel: str) -> None:
        self.studio.control("faults", kind="die", resource=channel)

    def recovered(self, channel: str) -> None:
        describe = self.studio.aws["medialive"].describe_channel
        eventually(lambda: describe(ChannelId=channel)["State"] == "RUNNING", PATIENCE, "the recovery")

    def abort(self, show: str) -> None:
        self.studio.aws["stepfunctions"].stop_execution(executionArn=self.studio.execution_arn(show))

    def make_output(self, tags: dict[str, str]) -> str:
        return str(self.studio.aws["ivs"].create_channel(name="standing", tags=tags)["channel"]["arn"])

    def owner(self) -> str:
        return self.studio.session_owner()

    def told(self, show: str, called: str) -> Told:
        """Once all is quiet; names with `called` in the place of the session's."""
        eventually(lambda: not [row for row in self.studio.rows(show) if "open" in row], PATIENCE, "the archive")
        rows = {row["sk"]["S"]: row for row in self.studio.rows(show)}
        arns = [row["arn"]["S"] for key, row in rows.items() if key.startswith("EXECUTION#")]
        states = self.studio.aws["stepfunctions"]
        statuses, visited = {}, {}
        for arn in arns:
            name = arn.split(":")[-1].replace(f"{show}-", f"{called}-", 1)
            eventually(lambda a=arn: states.describe_execution(executionArn=a)["status"] != "RUNNING", PATIENCE, name)
            statuses[name] = states.describe_execution(executionArn=arn)["status"]
            events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
            entered = [event for event in events if event["type"].endswith("StateEntered")]
            visited[name] = [each["stateEnteredEventDetails"]["name"] for each in entered]
        return Told.of(rows, visited, statuses)
