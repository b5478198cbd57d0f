"""The one way onto AWS, and off it: package, upload, and run a CloudFormation change set, by boto3 alone.

boto3's standard settings say where: a profile, a region, or `AWS_ENDPOINT_URL` for the sandbox.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infra.keys import delete_key, fingerprint, public_key
from infra.machines import MissingPiece
from infra.package import package
from infra.slate import slate
from infra.studio import NOT_BUILT, empty, is_built, publish
from showrunner.media import SLATE_KEY
from showrunner.store import Store

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

LEAST_CONCURRENCY = 50  # functions at once: what some ten sessions need when their events come together
STAYS = {
    "TableName": "the table",
    "RecordingsBucket": "the recordings bucket",
    "MediaBucket": "the media bucket",
    "UserPoolId": "the user pool",
}
CIDRS = ("InputCidr", "InputCidr2", "InputCidr3", "InputCidr4")
UNCHANGED = ("didn't contain changes", "No updates are to be performed")


class DeployError(Exception):
    """It could not be deployed or destroyed; the message says why, and what to do."""


@dataclass(frozen=True)
class Progress:
    """What CloudFormation says of one resource: its name in the template, its type, and how it stands."""

    resource: str
    type: str
    status: str
    reason: str = ""
    at: datetime | None = None

    @property
    def failed(self) -> bool:
        return self.status.endswith("_FAILED")


Report = Callable[[Progress], None]
Warn = Callable[[str], None]


def _nothing(_: Any) -> None:
    pass


def stack_name(stage: str) -> str:
    return f"showrunner-{stage}"


def deploy(
    stage: str,
    parameters: Mapping[str, str] | None = None,
    *,
    architecture: str | None = None,
    report: Report = _nothing,
    warn: Warn = _nothing,
) -> dict[str, str]:
    """Bring the stage up to date; the stack's outputs.

    `parameters`: InputCidr (one to four CIDRs, with commas between), CorsOrigin and others of the template; one left
    out keeps the value it was deployed with.
    `architecture` as in `infra.package`. `report` is called for each resource's steps as they come, `warn` with
    a sentence for a person. Raises DeployError.
    """
    with _explained():
        _check_concurrency(warn)
        made = package(architecture)
        bucket = _artifacts_bucket()
        template = yaml.load(made.template.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        keys = {path.name: _upload(bucket, "zip", path.read_bytes()) for path in (made.zip, made.video_zip)}
        point_to_code(template, bucket, keys)
        public = public_key(stage)
        text = name_key(json.dumps(template), public)
        key = _upload(bucket, "json", text.encode())
        url = f"{_s3().meta.endpoint_url}/{bucket}/{key}"
        _run_change_set(
            stage, url, template, {"Stage": stage, "CdnPublicKey": public, **_one_by_one(parameters or {})}, report
        )
        made_by_it = outputs(stage)
        _s3().put_object(Bucket=made_by_it["MediaBucket"], Key=SLATE_KEY, Body=slate(), ContentType="video/mp4")
        if is_built():
            publish(stage, made_by_it)
        else:
            warn(NOT_BUILT)
        return made_by_it


def point_to_code(template: Any, bucket: str, keys: Mapping[str, str]) -> None:
    """Let each function take its code from S3; `keys`: a zip's name in the package -> its key."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            code = resource["Properties"]["CodeUri"].removeprefix("./")
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": keys[code]}


def name_key(template: str, public: str) -> str:
    """The template with another name for another key: CloudFormation then makes it anew, and deletes the old one."""
    return re.sub(r"\bCdnKey\b", f"CdnKey{fingerprint(public)}", template)


def outputs(stage: str) -> dict[str, str]:
    """The outputs of the stage's stack; DeployError when there is none."""
    with _explained():
        stack = _stack(stack_name(stage))
    if stack is None:
        raise DeployError(f"There is no stack {stack_name(stage)} here. `showrunner deploy --stage {stage}` makes it.")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def destroy(stage: str, *, report: Report = _nothing) -> dict[str, str]:
    """Delete the stage's stack; what stays: {"the table": its name, ...}. Raises DeployError.

    Refused while anything of a session may exist on MediaLive or IVS, and while recordings are being published: nobody
    would be left to delete the one, or to finish the other.
    """
    with _explained():
        had = outputs(stage)
        if "TableName" in had:
            _check_over(stage, Store(had["TableName"]))
        if "StudioBucket" in had:
            empty(had["StudioBucket"])
        _delete(stack_name(stage), report)
        delete_key(stage)
    stays = {what: had[output] for output, what in STAYS.items() if output in had}
    return stays | {"the bucket of packages, shared by all stages": _artifacts_bucket_name()}


def _check_over(stage: str, store: Store) -> None:
    if left := {attempt.session_id for attempt in store.open_attempts()}:
        raise DeployError(
            f"{len(left)} session(s) have not ended: {_some(left)}. "
            f"`showrunner stop --all --stage {stage}` ends them; then destroy again."
        )
    if left := {attempt.session_id for attempt in store.unarchived_attempts()}:
        raise DeployError(
            f"The recordings of {len(left)} session(s) are still being published: {_some(left)}. "
            "Destroy again in some minutes."
        )


def _some(names: set[str]) -> str:
    return ", ".join(sorted(names)[:10]) + (", ..." if len(names) > 10 else "")


# -- CloudFormation


def _run_change_set(stage: str, url: str, template: Any, given: Mapping[str, str], report: Report) -> None:
    name = stack_name(stage)
    stack = _stack(name)
    if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":  # its first creation failed: it can only go
        _delete(name, report)
        stack = None
    if stack and stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
        raise DeployError(f"The stack {name} is {stack['StackStatus']}: another deployment is at work. Wait for it.")
    new = stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    change_set = f"deploy-{time.time_ns() // 1_000_000}"
    _cloudformation().create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType="CREATE" if new else "UPDATE",
        TemplateURL=url,
        Parameters=_parameters(stage, template, given, stack),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Tags=[{"Key": "showrunner:stage", "Value": stage}],
    )
    if not _await_change_set(name, change_set):
        _cloudformation().delete_change_set(StackName=name, ChangeSetName=change_set)
        return
    seen = {event["EventId"] for event in _events(name)}
    _cloudformation().execute_change_set(StackName=name, ChangeSetName=change_set)
    status = _follow(name, name, seen, report)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError(f"The stack {name} is {status}. {_first_failure(name, seen)}")


def _parameters(stage: str, template: Any, given: Mapping[str, str], stack: Any) -> list[Any]:
    kept = {each["ParameterKey"] for each in (stack or {}).get("Parameters", [])}
    known = template.get("Parameters", {})
    if unknown := sorted(set(given) - set(known)):
        raise DeployError(f"The template has no parameter {unknown[0]}. It has: {', '.join(sorted(known))}.")
    needed = [name for name, about in known.items() if "Default" not in about and name not in kept | set(given)]
    if needed:
        said = "; ".join(f"{name}: {known[name].get('Description', '')}" for name in needed)
        raise DeployError(f"The first deployment of {stage} needs {' and '.join(needed)}. {said}")
    return [
        {"ParameterKey": name, "ParameterValue": given[name]}
        if name in given
        else {"ParameterKey": name, "UsePreviousValue": True}
        for name in known
        if name in given or name in kept
    ]


def _one_by_one(parameters: Mapping[str, str]) -> dict[str, str]:
    """CloudFormation can't make a list of rules of a list of CIDRs: each has a parameter of its own."""
    given = dict(parameters)
    if "InputCidr" in given:
        cidrs = [cidr.strip() for cidr in given["InputCidr"].split(",")]
        if len(cidrs) > len(CIDRS):
            raise DeployError(f"InputCidr takes {len(CIDRS)} CIDRs at most, not {len(cidrs)}.")
        given |= dict.fromkeys(CIDRS, "") | dict(zip(CIDRS, cidrs, strict=False))
    return given


def _await_change_set(stack: str, change_set: str) -> bool:
    """True when it can be executed, False when there is nothing to change."""
    for pause in _pauses():
        found = _cloudformation().describe_change_set(StackName=stack, ChangeSetName=change_set)
        reason = found.get("StatusReason", "")
        if found["Status"] == "CREATE_COMPLETE":
            return True
        if found["Status"] == "FAILED":
            if any(text in reason for text in UNCHANGED):
                return False
            raise DeployError(f"CloudFormation refused the change: {reason}")
        time.sleep(pause)
    raise AssertionError("unreachable")


def _follow(stack: str, called: str, seen: set[str], report: Report) -> str:
    """Report what happens until the stack stands still; its status then, DELETE_COMPLETE when it is gone.

    `stack`: its name, or its id, by which one that was deleted is still known.
    """
    for pause in _pauses():
        status = ""
        for event in _events(stack):
            if event["EventId"] in seen:
                continue
            seen.add(event["EventId"])
            progress = _progress(event)
            report(progress)
            if progress.resource == called:
                status = progress.status
        if status and not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(pause)
    raise AssertionError("unreachable")


def _delete(name: str, report: Report) -> None:
    stack = _stack(name)
    if stack is None:
        return
    seen = {event["EventId"] for event in _events(name)}
    _cloudformation().delete_stack(StackName=name)
    status = _follow(stack["StackId"], name, seen, report)
    if status != "DELETE_COMPLETE":
        raise DeployError(f"The stack {name} is {status}. {_first_failure(stack['StackId'], set())}")


def _events(stack: str) -> list[Any]:
    """Oldest first."""
    pages = _cloudformation().get_paginator("describe_stack_events").paginate(StackName=stack)
    return [event for page in pages for event in page["StackEvents"]][::-1]


def _progress(event: Any) -> Progress:
    return Progress(
        event["LogicalResourceId"],
        event["ResourceType"],
        event["ResourceStatus"],
        event.get("ResourceStatusReason", ""),
        event["Timestamp"],
    )


def _first_failure(stack: str, before: set[str]) -> str:
    """The cause: what failed first, not what was given up for it."""
    for progress in map(_progress, _events(stack)):
        if progress.failed and "cancelled" not in progress.reason:
            return f"{progress.resource} ({progress.type}): {progress.reason}"
    return "CloudFormation gave no reason."


def _stack(name: str) -> Any:
    try:
        return _cloudformation().describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


# -- what CloudFormation reads


def _account() -> str:
    account: str = boto3.client("sts").get_caller_identity()["Account"]
    return account


def _artifacts_bucket_name() -> str:
    return f"showrunner-artifacts-{_account()}-{_s3().meta.region_name}"


def _artifacts_bucket() -> str:
    """One an account and region, made when it is missing."""
    s3, bucket = _s3(), _artifacts_bucket_name()
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=_account())
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise DeployError(f"The bucket {bucket} is not this account's, or may not be read.") from None
        elsewhere: Any = {"CreateBucketConfiguration": {"LocationConstraint": s3.meta.region_name}}
        s3.create_bucket(Bucket=bucket, **({} if s3.meta.region_name == "us-east-1" else elsewhere))
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
    return bucket


def _upload(bucket: str, kind: str, data: bytes) -> str:
    """Its key, which is made of its content: what was uploaded before is not again."""
    key = f"{hashlib.sha256(data).hexdigest()}.{kind}"
    try:
        _s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        _s3().put_object(Bucket=bucket, Key=key, Body=data)
    return key


def _check_concurrency(warn: Warn) -> None:
    limit = boto3.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit < LEAST_CONCURRENCY:
        warn(
            f"This account may run {limit} Lambda functions at once; sessions that start together will wait for each "
            "other. Ask for more: Service Quotas, AWS Lambda, Concurrent executions."
        )


# -- boto3


def _cloudformation() -> "CloudFormationClient":
    client: CloudFormationClient = boto3.client("cloudformation")
    return client


def _s3() -> "S3Client":
    client: S3Client = boto3.client("s3")
    return client


def _pauses() -> Iterator[float]:
    """Seconds between looks: quick at first, at most 2."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 1.5, 2.0)


class _explained:
    """Turns what AWS and botocore say into DeployError."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ClientError):
            found = error.response["Error"]
            raise DeployError(f"AWS refused {error.operation_name}: {found['Code']}: {found['Message']}") from error
        if isinstance(error, BotoCoreError):
            raise DeployError(f"AWS could not be reached: {error}") from error
        if isinstance(error, MissingPiece | RuntimeError):
            raise DeployError(str(error)) from error


__all__ = ["DeployError", "Progress", "deploy", "destroy", "outputs", "stack_name"]
