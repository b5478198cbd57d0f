"""An AWS error answer, as a service's behaviour raises it; `sandbox/awsapi.py` turns it into HTTP."""

from typing import Any


class AwsError(Exception):
    """`code` is the shape name of the modelled exception (e.g. ConflictException), `status` the HTTP status.

    `members` are further members of the error's shape, e.g. the `validationErrors` of MediaLive's 422.
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members
