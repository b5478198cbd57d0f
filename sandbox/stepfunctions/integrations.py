"""The services a Task calls: from its parameters to a command, and from an outcome to its result or its failure.

Names and texts of errors are AWS's: `Lambda.` or `StepFunctions.` and the exception's name, for a function's own error
its errorType, `States.TaskFailed` for a child that did not succeed.
"""

from typing import Any

from sandbox.stepfunctions import messages
from sandbox.stepfunctions.errors import PathError, StateFailure
from sandbox.stepfunctions.machine import Resource
from sandbox.stepfunctions.paths import dumps, loads

SERVICES = {"lambda": ("Lambda", "AWSLambda"), "states": ("StepFunctions", "AWSStepFunctions")}
TEXTS = {"lambda": ("FunctionName",), "states": ("StateMachineArn", "Name")}
NO_ERROR_TYPE = "The cause could not be determined because Lambda did not return an error type. Returned payload: "


def call(handle: int, resource: Resource, parameters: dict[str, Any]) -> messages.Command:
    for name in TEXTS[resource.type]:
        if not isinstance(parameters.get(name, ""), str):
            raise PathError(
                f"The Parameters '{dumps(parameters)}' could not be used to start the Task: "
                f"[The value of the field '{name}' has an invalid format]"
            )
    if resource.type == "lambda":
        return messages.InvokeFunction(handle, parameters["FunctionName"], parameters.get("Payload", {}))
    given = parameters.get("Input")
    text = given if isinstance(given, str) else dumps({} if given is None else given)
    machine = parameters["StateMachineArn"]
    return messages.StartChild(handle, machine, parameters.get("Name"), text, resource.pattern == "sync")


def result(resource: Resource, outcome: messages.Outcome, request_id: str) -> str:
    """The task's result, JSON text. Raises StateFailure, also for a function's answer that is no JSON."""
    try:
        return dumps(_result(resource, outcome, request_id))
    except (TypeError, ValueError) as error:
        kind = "Runtime.MarshalError"
        payload = dumps({"errorType": kind, "errorMessage": f"Unable to marshal response: {error}"})
        raise StateFailure(kind, payload) from None


def _result(resource: Resource, outcome: messages.Outcome, request_id: str) -> Any:
    match outcome:
        case messages.Returned(payload):
            return _answer({"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200}, request_id)
        case messages.ChildStarted(arn, time):
            return _answer({"ExecutionArn": arn, "StartDate": round(time * 1000)}, request_id)
        case messages.TokenSucceeded(output):
            return output
        case messages.ChildEnded(description) if description["Status"] != "SUCCEEDED":
            raise StateFailure("States.TaskFailed", dumps(description))
        case messages.ChildEnded(description) if resource.action.endswith(":2"):
            return {**description, **{name: loads(description[name]) for name in ("Input", "Output")}}
        case messages.ChildEnded(description):
            return description
        case messages.Raised(error):
            kind, payload = error.get("errorType"), dumps(error)
            raise StateFailure(kind or "Lambda.Unknown", payload if kind else NO_ERROR_TYPE + payload)
        case messages.Refused(code, message, status):
            prefix, service = SERVICES[resource.type]
            name = service if code.startswith("AccessDenied") else code.removesuffix("Exception")
            raise StateFailure(
                f"{prefix}.{name}Exception",
                f"{message} (Service: {service}; Status Code: {status}; Error Code: {code}; "
                f"Request ID: {request_id}; Proxy: null)",
            )
        case messages.TokenFailed(error_name, cause):
            raise StateFailure(error_name, cause)
        case messages.TimeUp(alarm):
            raise StateFailure("States.Timeout", "", heartbeat=alarm == "heartbeat")
    raise AssertionError(outcome)


def _answer(members: dict[str, Any], request_id: str) -> dict[str, Any]:
    """A service's answer with what the SDK adds to it."""
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    all_headers = {name: [value] for name, value in headers.items()}
    http = {"AllHttpHeaders": all_headers, "HttpHeaders": headers, "HttpStatusCode": 200}
    added = {"SdkHttpMetadata": http, "SdkResponseMetadata": {"RequestId": request_id}}
    return dict(sorted({**members, **added}.items()))
