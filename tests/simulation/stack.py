"""What the stack has, read from where it is written: app.py, `.chalice/config.json`, the template, the machines."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from chalice.app import CloudWatchEventConfig, ScheduledEventConfig

import app as product
from infra.machines import names_in

ROOT = Path(__file__).parents[2]
REGION, ACCOUNT, STAGE = "us-east-1", "123456789012", "simulated"
UNITS = {"minute": 60.0, "minutes": 60.0, "hour": 3600.0, "hours": 3600.0, "day": 86_400.0, "days": 86_400.0}
BUDGETS = {"BudgetOfOwner": "1000", "BudgetOfStage": "1000", "AtBudget": "warn"}  # dollars, more than a world spends
LIMITS = {"SessionsOfOwner": "0", "SessionsOfStage": "0", "Quotas": "none", **BUDGETS}
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "Stage": STAGE}


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms are what they stand for."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Template.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "infra" / "template.yaml").read_text(), _Template)
    return loaded


def machine_arn(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:showrunner-{STAGE}-{name}"


@cache
def definitions(folder: Path = ROOT / "state_machines") -> dict[str, str]:
    """Machine -> its definition as it is deployed, with functions by their names."""
    texts = {path.name.removesuffix(".asl.json"): path.read_text() for path in sorted(folder.glob("*.asl.json"))}
    return {name: _substituted(text) for name, text in texts.items()}


def _substituted(text: str) -> str:
    for name in names_in(text):
        is_machine = name.endswith("Machine")
        value = machine_arn(name.removesuffix("Machine").lower()) if is_machine else snake(name)
        text = text.replace(f"${{{name}}}", value)
    return text


def tasks(machines: dict[str, str]) -> set[str]:
    """`session/Plan`, ...: every state of these definitions that does something."""
    return {f"{machine}/{name}" for machine, text in machines.items() for name in _tasks(json.loads(text)["States"])}


def _tasks(states: dict[str, Any]) -> Iterator[str]:
    for name, state in states.items():
        if state["Type"] == "Task":
            yield name
        for branch in state.get("Branches", []):
            yield from _tasks(branch["States"])


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


@cache
def _functions() -> dict[str, Any]:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    (stage,) = config["stages"].values()
    general = {"": stage["lambda_timeout"], "iam_policy_file": stage["iam_policy_file"]}
    return {**general, **stage["lambda_functions"]}


def seconds_of(function: str) -> float:
    """How long a function may take."""
    known = _functions()
    return float(known.get(function, {}).get("lambda_timeout", known[""]))


def environment(buckets: dict[str, str], group: str) -> dict[str, str]:
    """What the functions' environments hold, all of them together."""
    values = {**PSEUDO, **buckets, "Table": "showrunner", "InputSecurityGroup": group, "CorsOrigin": "*", **LIMITS}
    found: dict[str, str] = {}
    for settings in _functions().values():
        if isinstance(settings, dict):
            found |= settings.get("environment_variables", {})
    return {name: _filled(text, values) for name, text in found.items()} | {"SHOWRUNNER_STAGE": STAGE}


@cache
def variables_of(function: str) -> frozenset[str]:
    """The names in a function's own environment."""
    return frozenset(_functions().get(function, {}).get("environment_variables", {}))


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{([\w:.]+)\}", lambda match: values.get(match[1], match[1]), text)


@cache
def _allowed(function: str) -> tuple[str, ...]:
    """The actions that a function's policy has, as they stand there."""
    file = _functions().get(function, {}).get("iam_policy_file") or _functions()["iam_policy_file"]
    statements = json.loads((ROOT / ".chalice" / file).read_text())["Statement"]
    actions = [each["Action"] for each in statements if each["Effect"] == "Allow"]
    return tuple(one for each in actions for one in ([each] if isinstance(each, str) else each))


ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
}
"""Operations that IAM knows by another name."""


def forbidden(function: str, service: str, operation: str, params: dict[str, Any]) -> list[str]:
    """The actions of a call that the function's policy lacks; on which resources, the sandbox judges."""
    prefix = {"stepfunctions": "states", "service-quotas": "servicequotas"}.get(service, service)
    actions = [f"{prefix}:{operation}"]
    if operation == "TransactWriteItems":
        kinds = {kind for each in params["TransactItems"] for kind in each}
        actions = [f"dynamodb:{kind}Item" for kind in sorted(kinds)]
    return [action for action in actions if not _may(function, ACTIONS.get(action, action))]


@cache
def _may(function: str, action: str) -> bool:
    return any(fnmatch(action, allowed) for allowed in _allowed(function))


def handler_of(function: str) -> Callable[[Any, Any], Any]:
    """As Lambda resolves it: a task's is its own module's."""
    module, _, name = _handlers()[function].rpartition(".")
    found: Callable[[Any, Any], Any] = getattr(import_module(module), name)
    return found


@cache
def _handlers() -> dict[str, str]:
    known = [*product.app.event_sources, *product.app.pure_lambda_functions]
    return {each.name: each.handler_string for each in known}


# Rules


@dataclass(frozen=True)
class Rule:
    """What EventBridge hands to a function: events like `pattern`, or one `every` so many seconds.

    `retries`: how often Lambda tries again when the function fails. With `machine` an execution is begun with
    `input`.
    """

    function: str
    pattern: dict[str, Any] | None
    every: float | None
    retries: int = 2
    machine: str | None = None
    input: str = "{}"


@cache
def rules() -> tuple[Rule, ...]:
    """All but `looks`."""
    return tuple(_rules())


@cache
def looks() -> Rule:
    """That of `watch_streams`, which only looks on: no show goes another way by it."""
    events = template()["Resources"]["WatchStreams"]["Properties"]["Events"]
    return Rule("watch_streams", None, _seconds(events["EachMinute"]["Properties"]["Schedule"]))


def _rules() -> Iterator[Rule]:
    for source in product.app.event_sources:
        resource = template()["Resources"].get(camel(source.name), {}).get("Properties", {})
        retries = resource.get("EventInvokeConfig", {}).get("MaximumRetryAttempts", 2)
        if isinstance(source, CloudWatchEventConfig):
            ((_, event),) = resource["Events"].items()
            added = event.get("Properties", {}).get("Pattern", {})
            pattern = _resolved(_merged(source.event_pattern, added))
            yield Rule(source.name, pattern, None, retries)
        elif isinstance(source, ScheduledEventConfig):
            expression = source.schedule_expression
            text = expression if isinstance(expression, str) else expression.to_string()
            yield Rule(source.name, None, _seconds(text), retries)
    for resource in template()["Resources"].values():
        if resource.get("Type") == "AWS::Events::Rule":
            rule = resource["Properties"]
            for target in rule["Targets"]:
                name = target["Arn"]["Ref"].removesuffix("Machine").lower()
                yield Rule("", None, _seconds(rule["ScheduleExpression"]), 0, machine_arn(name), target["Input"])


def _seconds(expression: str) -> float:
    """Of `rate(5 minutes)`."""
    number, unit = expression.removeprefix("rate(").removesuffix(")").split()
    return int(number) * UNITS[unit]


def _merged(one: Any, other: Any) -> Any:
    """As Chalice merges a template: dictionaries deep, all else replaced."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return one | {key: _merged(one[key], value) if key in one else value for key, value in other.items()}


def _resolved(node: Any) -> Any:
    if isinstance(node, dict):
        if set(node) == {"Fn::Sub"}:
            return _filled(node["Fn::Sub"], PSEUDO)
        return {key: _resolved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolved(each) for each in node]
    return _filled(node, PSEUDO) if isinstance(node, str) else node


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """EventBridge's patterns, as far as ours go: values, prefixes, and what stands within."""
    for name, wanted in pattern.items():
        there = event.get(name)
        if isinstance(wanted, dict):
            if not (isinstance(there, dict) and matches(wanted, there)):
                return False
            continue
        values = there if isinstance(there, list) else [there]
        if not any(_is_like(each, value) for each in wanted for value in values):
            return False
    return True


def _is_like(wanted: Any, value: Any) -> bool:
    match wanted:
        case {"prefix": text}:
            return isinstance(value, str) and value.startswith(text)
        case {"anything-but": others}:
            return value not in (others if isinstance(others, list) else [others])
        case {"exists": there}:
            return (value is not None) == there
        case dict():
            raise AssertionError(f"not built here: the pattern {wanted}")
    return bool(wanted == value)
