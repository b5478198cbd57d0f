"""Why a session failed, in a producer's words: never a request's id, an address or a name from the code."""

import json

import pytest

from tasks.note_failure import failure_of
from tests.simulation.truths import readable

LACKS_PERMISSION = "A function lacks a permission. Deploy the stack again."
TAIL = "Request ID: 8c307317-977e-46cc-933e-108dee950ecc; Proxy: null)"


def of_function(message: str) -> str:
    return json.dumps({"errorMessage": message, "stackTrace": ["..."]})


@pytest.mark.parametrize(
    ("error", "cause", "reason"),
    [
        (
            "Lambda.TooManyRequestsException",
            f"Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; {TAIL}",
            "AWS Lambda refused: Rate Exceeded.",
        ),
        (
            "Lambda.AWSLambdaException",
            f"User is not authorized (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; {TAIL}",
            LACKS_PERMISSION,
        ),
        ("ReadTimeoutError", of_function('Read timeout on endpoint URL: "https://ivs.example"'), "AWS did not answer."),
        ("ConnectionClosedError", of_function("Connection was closed"), "AWS did not answer."),
        (
            "ClientError",
            of_function("An error occurred (AccessDenied) when calling the PutObject operation: no"),
            LACKS_PERMISSION,
        ),
        (
            "ThrottlingException",
            of_function("An error occurred (ThrottlingException) when calling the GetStream operation: Rate exceeded"),
            "AWS refused GetStream: Rate exceeded",
        ),
        ("States.Timeout", "", "AWS took longer than allowed."),
        ("NoInput", "Nobody published to 'host' within 1800 s.", "Nobody published to 'host' within 1800 s."),
    ],
)
def test_a_failure_is_told_in_a_sentence(error: str, cause: str, reason: str) -> None:
    failure = failure_of({"Error": error, "Cause": cause})
    assert (failure.error, failure.reason) == (error, reason)
    assert readable(failure.reason)
