"""A studio for the tests: presses the buttons of a real stack, and looks at AWS behind its back."""

import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import httpx

from sandbox.server import Sandbox
from sandbox.users import create_user

T = TypeVar("T")
PAGE = "http://localhost:7777"  # the web page of a studio, of another site than the sandbox
SERVICES = (
    "cloudformation",
    "cognito-idp",
    "dynamodb",
    "ivs",
    "logs",
    "medialive",
    "s3",
    "sqs",
    "ssm",
    "stepfunctions",
)


def eventually(look: Callable[[], T | None], seconds: float = 30.0, what: str = "it", pause: float = 0.1) -> T:
    """Look until it is so; the deadline is for a machine that is busy, not for luck."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(pause)
    return seen


class Studio:
    """One user of a sandbox's API, with clients for what stands behind it."""

    def __init__(self, sandbox: Sandbox, token: str | None = None) -> None:
        self.sandbox = sandbox
        self.api = httpx.Client(base_url=sandbox.env["SHOWRUNNER_API_URL"], timeout=35)
        self.token = token or sandbox.env["SHOWRUNNER_TOKEN"]
        session = sandbox.session()
        self.aws = {name: session.client(name, endpoint_url=sandbox.url) for name in SERVICES}
        stack = self.aws["cloudformation"].describe_stacks(StackName="showrunner-sandbox")["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    def another(self, name: str) -> "Studio":
        """Another user of the same stack."""
        pool, client = self.outputs["UserPoolId"], self.outputs["UserPoolClientId"]
        user = create_user(self.aws["cognito-idp"], pool, client, name, f"Aa1-{uuid.uuid4().hex}")
        return Studio(self.sandbox, user.token)

    # -- the API

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {self.token}", **headers}
        return self.api.request(method, path, json=body, headers=authorization)

    def create(self, **wish: Any) -> str:
        answer = self.call("POST", "/sessions", {"profile": "360p30", "record": "manual", **wish})
        assert answer.status_code == 201, answer.text
        session_id: str = answer.json()["session"]["id"]
        return session_id

    def press(self, session_id: str, button: str) -> httpx.Response:
        """`prepare`, `start` or `stop`."""
        return self.call("POST", f"/sessions/{session_id}/streaming/{button}")

    def session(self, session_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/sessions/{session_id}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def until(self, session_id: str, *states: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until the session is in one of `states`; one that has failed instead says why at once."""

        def look() -> dict[str, Any] | None:
            shown = self.session(session_id)
            assert shown["state"] in states or shown["state"] != "failed", shown["reason"]
            return shown if shown["state"] in states else None

        try:
            return eventually(look, seconds, f"{session_id} in {'/'.join(states)}")
        except AssertionError as error:
            error.add_note("\n".join(f"{entry['at']} {entry['text']}" for entry in self.timeline(session_id)))
            raise

    def states(self, session_id: str) -> list[str]:
        """The states that the session went through, as its timeline tells."""
        return [entry["state"] for entry in self.timeline(session_id) if entry["kind"] == "state"]

    def timeline(self, session_id: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.call("GET", f"/sessions/{session_id}/timeline").json()["timeline"]
        return entries

    def history(self, session_id: str, name: str) -> list[dict[str, Any]]:
        """The states of an execution."""
        answer = self.call("GET", f"/sessions/{session_id}/executions/{name}/history")
        assert answer.status_code == 200, answer.text
        states: list[dict[str, Any]] = answer.json()["states"]
        return states

    def cookies(self, recording_id: str) -> str:
        """The header that opens a recording's playlist: what the API's answer sets."""
        answer = self.call("GET", f"/recordings/{recording_id}")
        assert answer.status_code == 200, answer.text
        return "; ".join(each.partition(";")[0] for each in answer.headers.get_list("set-cookie"))

    def playlist(self, recording: dict[str, Any]) -> str:
        """A published playlist, as its owner reads it."""
        answer = httpx.get(recording["playlist"], headers={"Cookie": self.cookies(recording["id"])})
        assert answer.status_code == 200, answer.text
        return answer.text

    def executions(self, session_id: str, *machines: str) -> dict[str, str]:
        """Name -> status of the executions of some machines, if not told: those that start and end a show."""
        listed = self.call("GET", f"/sessions/{session_id}/executions").json()["executions"]
        wanted = tuple(f"-{machine}" for machine in machines or ("session", "cleanup"))
        return {each["name"]: each["status"] for each in listed if each["arn"].split(":")[-2].endswith(wanted)}

    def session_owner(self) -> str:
        """This user, as the owner of what is made."""
        owner: str = self.session(self.create())["owner"]
        return owner

    # -- behind it

    def channels(self, session_id: str) -> list[dict[str, Any]]:
        """Described one by one: MediaLive's lists lag."""
        describe = self.aws["medialive"].describe_channel
        return [describe(ChannelId=each["Id"]) for each in self._of(session_id, self.status()["channels"])]

    def inputs(self, session_id: str) -> list[dict[str, Any]]:
        """Likewise."""
        describe = self.aws["medialive"].describe_input
        return [describe(InputId=each["Id"]) for each in self._of(session_id, self.status()["inputs"])]

    def outputs_of(self, session_id: str) -> list[dict[str, Any]]:
        pages = self.aws["ivs"].get_paginator("list_channels").paginate()
        return self._of(session_id, (c for page in pages for c in page["channels"]))

    @staticmethod
    def _of(session_id: str, resources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those tagged for the session; MediaLive says `Tags`, IVS `tags`."""
        tag = "showrunner:session"
        return [r for r in resources if (r.get("Tags") or r.get("tags") or {}).get(tag) == session_id]

    def assert_nothing_left(self, session_id: str) -> None:
        """Ask MediaLive, IVS and the table: no resource, no token, nothing for the sweeper."""
        assert self.channels(session_id) == []
        assert self.inputs(session_id) == []
        assert self.outputs_of(session_id) == []
        rows = self.rows(session_id)
        assert [row for row in rows if row["sk"]["S"].startswith("WAIT#")] == []
        assert [row for row in rows if row.get("open", {}).get("S") == "yes"] == []

    def rows(self, session_id: str) -> list[dict[str, Any]]:
        """The session's rows of the table, as DynamoDB has them."""
        pages = (
            self.aws["dynamodb"]
            .get_paginator("query")
            .paginate(
                TableName=self.outputs["TableName"],
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"SESSION#{session_id}"}},
            )
        )
        return [row for page in pages for row in page["Items"]]

    def backdate(self, session_id: str, field: str) -> None:
        """Have one of the first attempt's times be long ago."""
        self.rewrite(session_id, f"SET {field} = :old", {":old": {"S": "2026-01-01T00:00:00.000Z"}})

    def rewrite(self, session_id: str, expression: str, values: dict[str, Any]) -> None:
        """Change the first attempt's row behind the product's back."""
        self.aws["dynamodb"].update_item(
            TableName=self.outputs["TableName"],
            Key={"pk": {"S": f"SESSION#{session_id}"}, "sk": {"S": "ATTEMPT#000001"}},
            UpdateExpression=expression,
            ExpressionAttributeValues=values,
        )

    def execution_arn(self, session_id: str, attempt: int = 1) -> str:
        machine: str = self.outputs["SessionMachineArn"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{session_id}-{attempt}"

    def recording_arn(self, recording_id: str) -> str:
        """The execution that publishes a recording."""
        machine: str = self.outputs["RecordingMachineArn"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{recording_id}"

    def start_recording_again(self, recording: dict[str, Any]) -> str:
        """Publish what is published already, as a person may in the console."""
        number = int(recording["id"].rpartition("-")[2])
        ids = {"session_id": recording["session_id"], "attempt": recording["attempt"], "recording": number}
        started = self.aws["stepfunctions"].start_execution(
            stateMachineArn=self.outputs["RecordingMachineArn"], input=json.dumps(ids)
        )
        arn: str = started["executionArn"]
        return arn

    def start_cleanup(self, session_id: str, attempt: int = 1) -> str:
        """A cleanup without a name, as a person may start one."""
        payload = json.dumps({"session_id": session_id, "attempt": attempt})
        started = self.aws["stepfunctions"].start_execution(
            stateMachineArn=self.outputs["CleanupMachineArn"], input=payload
        )
        arn: str = started["executionArn"]
        return arn

    def sweep(self, dry_run: bool = False) -> dict[str, Any]:
        """Let the sweeper run as a person may start it, to its end: {"status", "finds", "counts"}."""
        started = self.aws["stepfunctions"].start_execution(
            stateMachineArn=self.outputs["SweepMachineArn"], input=json.dumps({"dry_run": dry_run})
        )
        status = self.ended(started["executionArn"])
        described = self.aws["stepfunctions"].describe_execution(executionArn=started["executionArn"])
        return {"status": status, "arn": started["executionArn"], **json.loads(described.get("output", "{}"))}

    def sweep_on_schedule(self) -> None:
        """Let the sweeper's rule fire now."""
        self.fire("rate(5 minutes)")

    def fire(self, schedule: str) -> None:
        """Let the one rule of this schedule fire now."""
        rules = self.sandbox.session().client("events", endpoint_url=self.sandbox.url).list_rules()["Rules"]
        (rule,) = [rule["Name"] for rule in rules if rule.get("ScheduleExpression") == schedule]
        self.control("schedule", rule=rule)

    def ended(self, arn: str, seconds: float = 60.0) -> str:
        """Wait for an execution's end; its status."""

        def look() -> str | None:
            status: str = self.aws["stepfunctions"].describe_execution(executionArn=arn)["status"]
            return status if status != "RUNNING" else None

        return eventually(look, seconds, f"the end of {arn.split(':')[-1]}")

    # -- the sandbox's own controls

    def status(self) -> dict[str, Any]:
        """What the sandbox itself knows."""
        known: dict[str, Any] = httpx.get(f"{self.sandbox.url}/_sandbox/status").json()
        return known

    def control(self, path: str, **order: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.sandbox.url}/_sandbox/{path}", json=order)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def events(self) -> list[dict[str, Any]]:
        """The latest events that MediaLive, IVS and Step Functions published."""
        events: list[dict[str, Any]] = httpx.get(f"{self.sandbox.url}/_sandbox/events").json()["events"]
        return events
