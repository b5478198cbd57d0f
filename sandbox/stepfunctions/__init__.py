"""Executions of AWS Step Functions (Standard, JSONPath): a pure execution, its history, and the service around it.

`machine.py` reads Amazon States Language into typed states, `execution.py` walks them without clock, thread or
socket, `history.py` holds what happened as AWS writes it, `service.py` drives many of them on a `Clock`.
"""

from sandbox.stepfunctions.errors import DefinitionError
from sandbox.stepfunctions.machine import parse
from sandbox.stepfunctions.messages import InvokeOutcome, Raised, Refused, Returned
from sandbox.stepfunctions.service import Invoke, MachineInfo, StepFunctions

__all__ = [
    "DefinitionError",
    "Invoke",
    "InvokeOutcome",
    "MachineInfo",
    "Raised",
    "Refused",
    "Returned",
    "StepFunctions",
    "parse",
]
