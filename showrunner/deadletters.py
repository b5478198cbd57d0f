"""What could not be delivered, or what a function failed on: looked at, and sent to its target again.

Two queues hold them. EventBridge's has the event as its rule would have delivered it, with the target and the reason as
attributes (EventBridge user guide, dead-letter queues). Lambda's OnFailure destination has a record of the invocation
with the event in it (Lambda developer guide, asynchronous invocation). Events of AWS can't be put on the bus again, so
each goes to the function or the machine that should have had it. All of these may have it twice.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

HOLD_SECONDS = 60  # for which nobody else sees a letter that is looked at
AT_ONCE = 10  # of SQS


class Letter(Struct, frozen=True):
    """`target`: the ARN of a function or a state machine, empty if none is known; `what`: the event's detail-type."""

    id: str
    target: str
    what: str
    why: str
    at: str
    event: Any
    queue: str
    receipt: str

    @property
    def name(self) -> str:
        """The target's name alone."""
        return self.target.split(":")[6] if self.target else "nobody"


class DeadLetters:
    """Those of a stage's queues, by their URLs."""

    def __init__(
        self, queues: list[str], sqs: "SQSClient", functions: "LambdaClient", machines: "SFNClient", wait: int = 1
    ) -> None:
        """`wait`: seconds for which a queue that seems empty is asked."""
        self._queues = queues
        self._sqs = sqs
        self._functions = functions
        self._machines = machines
        self._wait = wait

    def held(self) -> Iterator[Letter]:
        """Each that nobody else looks at, and is nobody's for HOLD_SECONDS, or until it is sent or released."""
        for queue in self._queues:
            while messages := self._receive(queue):
                for message in messages:
                    yield letter_of(message, queue)

    def release(self, letter: Letter) -> None:
        """Let it be seen again."""
        self._sqs.change_message_visibility(QueueUrl=letter.queue, ReceiptHandle=letter.receipt, VisibilityTimeout=0)

    def send_again(self, letter: Letter) -> None:
        """To its target; out of the queue only when that has taken it."""
        payload = json.dumps(letter.event)
        if ":stateMachine:" in letter.target:
            self._machines.start_execution(stateMachineArn=letter.target, input=payload)
        else:
            self._functions.invoke(FunctionName=letter.target, InvocationType="Event", Payload=payload.encode())
        self._sqs.delete_message(QueueUrl=letter.queue, ReceiptHandle=letter.receipt)

    def _receive(self, queue: str) -> Any:
        return self._sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=AT_ONCE,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=self._wait,
        ).get("Messages", [])


def letter_of(message: Mapping[str, Any], queue: str) -> Letter:
    """What one of SQS's messages tells."""
    try:
        event, target, why = _read(json.loads(message["Body"]), message.get("MessageAttributes", {}))
    except (ValueError, LookupError, TypeError):
        event, target, why = (
            None,
            "",
            "Neither EventBridge nor Lambda wrote it. Look at it in SQS, and delete it there.",
        )
    what = event.get("detail-type", "") if isinstance(event, dict) else ""
    sent = message["Attributes"]["SentTimestamp"]
    return Letter(message["MessageId"], target, what, why, sent, event, queue, message["ReceiptHandle"])


def _read(body: Any, attributes: Mapping[str, Any]) -> tuple[Any, str, str]:
    """Event, target, and why it is here. Raises LookupError and TypeError for what nobody of AWS wrote."""
    if "requestPayload" in body:
        context = body["requestContext"]
        target = context["functionArn"].removesuffix(":$LATEST")
        return body["requestPayload"], target, _failure(context, body.get("responsePayload"))
    told = {name: each["StringValue"] for name, each in attributes.items()}
    return body, told["TARGET_ARN"], f"{told['ERROR_CODE']}: {told['ERROR_MESSAGE']}"


def _failure(context: Mapping[str, Any], answer: Any) -> str:
    if isinstance(answer, dict) and "errorMessage" in answer:
        return f"{answer.get('errorType', 'Error')}: {answer['errorMessage']}"
    return str(context["condition"])
