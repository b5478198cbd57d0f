"""State machines in the template: their definitions from `state_machines/`, and what that makes them call.

A machine `NAME.asl.json` is the template's resource `NameMachine`. Each `${Name}` in it is a function or another
machine of the template; from these come its substitutions and its role's permissions, so that a machine can
call what its definition names and nothing else.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

Node = dict[str, Any]

FUNCTION, MACHINE = "AWS::Serverless::Function", "AWS::StepFunctions::StateMachine"
ACTIONS = {FUNCTION: "lambda:InvokeFunction", MACHINE: "states:StartExecution"}


class MissingPiece(Exception):
    """Something is named in one place and absent from the other; the message names it and says where to add it."""


def add_machines(template: Node, definitions: Mapping[str, str]) -> None:
    """`definitions`: machine name ('session') -> its ASL as JSON text. Raises MissingPiece."""
    for name, text in definitions.items():
        resource = template["Resources"].get(resource_name(name))
        if resource is None:
            raise MissingPiece(f"infra/template.yaml has no {resource_name(name)} for state_machines/{name}.asl.json")
        called = _called(template, name, text)
        resource["Properties"]["DefinitionString"] = json.dumps(json.loads(text), separators=(",", ":"))
        resource["Properties"]["DefinitionSubstitutions"] = {each: _arn(template, each) for each in called}
        role = resource["Properties"]["RoleArn"]["Fn::GetAtt"]
        role_name = role[0] if isinstance(role, list) else role.split(".")[0]
        template["Resources"][role_name]["Properties"]["Policies"] = [_policy(template, called)]


def resource_name(machine: str) -> str:
    """'session' -> 'SessionMachine'."""
    return f"{machine.title()}Machine"


def names_in(text: str) -> list[str]:
    """What a definition calls: the `Name` of each `${Name}` in it."""
    return sorted(set(re.findall(r"\$\{(\w+)\}", text)))


def _called(template: Node, machine: str, text: str) -> list[str]:
    called = names_in(text)
    for name in called:
        if template["Resources"].get(name, {}).get("Type") not in ACTIONS:
            task = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            raise MissingPiece(
                f"state_machines/{machine}.asl.json calls ${{{name}}}, and there is no such function: "
                f"write tasks/{task}.py, add '{task}' to tasks.TASKS and to .chalice/config.json"
            )
    return called


def _arn(template: Node, name: str) -> Node:
    kind = template["Resources"][name]["Type"]
    return {"Ref": name} if kind == MACHINE else {"Fn::GetAtt": [name, "Arn"]}


def _policy(template: Node, called: list[str]) -> Node:
    statements = []
    for kind, action in ACTIONS.items():
        arns = [_arn(template, name) for name in called if template["Resources"][name]["Type"] == kind]
        if arns:
            statements.append({"Effect": "Allow", "Action": action, "Resource": arns})
    return {"PolicyName": "calls", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
