"""An event that a function fails on for good lies in a queue, and is handled when it is sent again."""

from showrunner.deadletters import DeadLetters
from tests.studio import Studio, eventually


def test_an_event_that_was_not_handled_is_sent_again_and_then_does_what_it_should(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    fault = studio.control(
        "faults", kind="error", service="dynamodb", operation="GetItem", resource=f"SESSION#{show}", rate=1.0
    )
    studio.aws["stepfunctions"].stop_execution(executionArn=studio.execution_arn(show))
    session = studio.sandbox.session()
    clients = (session.client(name, endpoint_url=studio.sandbox.url) for name in ("sqs", "lambda", "stepfunctions"))
    letters = DeadLetters(studio.outputs["DeadLetterQueueUrls"].split(","), *clients, wait=0)

    (letter,) = eventually(lambda: [each for each in letters.held() if show in str(each.event)], 60, "the dead letter")
    assert letter.what == "Step Functions Execution Status Change"
    assert "OnExecutionEvent" in letter.name
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['fault']['id']}").raise_for_status()
    assert studio.session(show)["state"] == "ready"

    letters.send_again(letter)
    assert studio.until(show, "failed")["reason"] == "The session's execution was stopped from outside."
    studio.assert_nothing_left(show)
    assert list(letters.held()) == []
