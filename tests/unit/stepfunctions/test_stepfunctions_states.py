"""States: input and output processing, choices, waits, retries, errors; and what a definition is refused for."""

import copy
import itertools
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stepfunctions_stand import Stand, details, machine_of, run, task, token_wait, virtual

from sandbox.stepfunctions import DefinitionError, parse
from sandbox.stepfunctions.errors import PathError, StateFailure
from sandbox.stepfunctions.paths import _find_many, compile_path, compile_reference

RETURNS: list[dict[str, Any]] = [{"return": {"n": 1}}]


def output(state: dict[str, Any], given: Any = None, functions: Any = None) -> Any:
    stand, arn = run(machine_of(state), given, functions)
    return stand.output(arn)


def failure(state: dict[str, Any], given: Any = None, functions: Any = None) -> tuple[Any, Any]:
    stand, arn = run(machine_of(state), given, functions)
    description = stand.describe(arn)
    assert description["status"] == "FAILED"
    return description.get("error"), description.get("cause")


@pytest.mark.parametrize(
    ("fields", "given", "expected"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"Result": {"b": 2}}, {"a": 1}, {"b": 2}),
        ({"Result": None}, {"a": 1}, None),
        ({"Result": 2, "ResultPath": "$.x.y"}, {"a": 1}, {"a": 1, "x": {"y": 2}}),
        ({"Result": 2, "ResultPath": "$.a"}, {"a": 1}, {"a": 2}),
        ({"Result": 2, "ResultPath": "$.list[1]"}, {"list": [1, 1]}, {"list": [1, 2]}),
        ({"Result": 2, "ResultPath": "$['a b'].c"}, {}, {"a b": {"c": 2}}),
        ({"Result": 2, "ResultPath": None}, {"a": 1}, {"a": 1}),
        ({"InputPath": "$.a"}, {"a": [1]}, [1]),
        ({"InputPath": None}, {"a": 1}, {}),
        ({"OutputPath": "$.a[-1]"}, {"a": [1, 2]}, 2),
        ({"OutputPath": None}, {"a": 1}, {}),
        ({"InputPath": "$.a", "ResultPath": "$.b"}, {"a": 1}, {"a": 1, "b": 1}),
        ({"Parameters": {"b.$": "$.a", "c": {"d.$": "$$.Execution.Input.a"}}}, {"a": 1}, {"b": 1, "c": {"d": 1}}),
        ({"Parameters": {"list": [{"b.$": "$.a"}, 7]}}, {"a": 1}, {"list": [{"b": 1}, 7]}),
        ({"Parameters": {"n.$": "$.l[?(@.k > 1)].k"}}, {"l": [{"k": 1}, {"k": 2}]}, {"n": [2]}),
        ({"Parameters": {"n.$": "$..k"}}, {"l": [{"k": 1}, {"k": 2}]}, {"n": [1, 2]}),
        ({"Parameters": {"n.$": "$.l[*].k"}}, {"l": []}, {"n": []}),
        ({"Parameters": {"n.$": "$.l[0:2]"}}, {"l": [1, 2, 3]}, {"n": [1, 2]}),
        ({"Parameters": {"s.$": "States.Format('{}-{}', $.a, 'x')"}}, {"a": 1}, {"s": "1-x"}),
        ({"Parameters": {"s.$": r"States.Format('it\'s \{\} {}', $.a)"}}, {"a": "b"}, {"s": "it's {} b"}),
        (
            {"Parameters": {"s.$": "States.Array($.a, true, null, 'x', -1.5)"}},
            {"a": 1},
            {"s": [1, True, None, "x", -1.5]},
        ),
        ({"Parameters": {"s.$": "States.Array()"}}, {}, {"s": []}),
        ({"Parameters": {"s.$": "States.MathAdd($.a, -3)"}}, {"a": 1}, {"s": -2}),
        (
            {"Parameters": {"s.$": "States.StringToJson(States.JsonToString($.a))"}},
            {"a": {"b": [1]}},
            {"s": {"b": [1]}},
        ),
        ({"Parameters": {"s.$": "$$.StateMachine.Name"}}, {}, {"s": "machine"}),
        ({"Parameters": {"s.$": "$$.State.Name"}}, {}, {"s": "Only"}),
        ({"Parameters": {"s.$": "$$.State.EnteredTime"}}, {}, {"s": "2025-06-15T15:06:40.000Z"}),
    ],
)
def test_data_through_a_pass_state(fields: dict[str, Any], given: Any, expected: Any) -> None:
    before = copy.deepcopy(given)
    assert output({"Type": "Pass", **fields}, given) == expected
    assert given == before


@pytest.mark.parametrize(
    ("fields", "given", "error", "cause"),
    [
        ({"InputPath": "$.a"}, {}, "States.Runtime", "Invalid path '$.a' : No results for path: $['a']"),
        ({"OutputPath": "$.a.b"}, {}, "States.Runtime", "Invalid path '$.a.b' : Missing property in path $['a']"),
        ({"InputPath": "$[0]"}, "text", "States.Runtime", "No results for path: $[0]"),
        (
            {"Parameters": {"v.$": "$.a"}},
            {"b": 1},
            "States.Runtime",
            "The JSONPath '$.a' specified for the field 'v.$' could not be found in the input '{\"b\":1}'",
        ),
        ({"Parameters": {"v.$": "$$.Task.Token"}}, {}, "States.Runtime", "$$.Task.Token"),
        (
            {"ResultPath": "$.a"},
            "text",
            "States.ReferencePathConflict",
            'Unable to apply ReferencePath $.a to input "text"',
        ),
        ({"ResultPath": "$.a.b"}, {"a": 1}, "States.ReferencePathConflict", "Unable to apply"),
        ({"ResultPath": "$.a[3]"}, {"a": []}, "States.ReferencePathConflict", "Unable to apply"),
        ({"Parameters": {"v.$": "States.Format('{}')"}}, {}, "States.IntrinsicFailure", "States.Format"),
        ({"Parameters": {"v.$": "States.StringToJson('{')"}}, {}, "States.IntrinsicFailure", "States.StringToJson"),
        ({"Parameters": {"v.$": "States.MathAdd(1, 'x')"}}, {}, "States.IntrinsicFailure", "States.MathAdd"),
        ({"Parameters": {"v.$": "States.Array($.a, $.a)"}}, {"a": "x" * 140_000}, "States.DataLimitExceeded", "'Only'"),
    ],
)
def test_data_that_is_not_there(fields: dict[str, Any], given: Any, error: str, cause: str) -> None:
    found = failure({"Type": "Pass", **fields}, given)
    assert found[0] == error
    assert cause in found[1]


def test_result_path_never_disturbs_its_surroundings() -> None:
    """Whatever the document: what is written is found again, all else stays, the document itself is not touched."""
    random = Random(20)

    def document(depth: int) -> Any:
        if depth == 0 or random.random() < 0.2:
            return random.choice([1, "x", None, True])
        return {name: document(depth - 1) for name in random.sample("abcde", random.randint(0, 4))}

    written = refused = 0
    for _ in range(2000):
        before = document(3)
        copied = copy.deepcopy(before)
        names = [random.choice("abcde") for _ in range(random.randint(1, 4))]
        path = "$." + ".".join(names)
        try:
            after = compile_reference(path)(before, "new")
        except StateFailure:
            refused += 1
            continue
        written += 1
        assert compile_path(path)(after, None) == "new"
        assert before == copied
        while names:
            last = names.pop()
            node, old = after, before
            for name in names:
                node, old = node[name], old.get(name, {}) if isinstance(old, dict) else {}
            assert {k: v for k, v in node.items() if k != last} == {k: v for k, v in old.items() if k != last}
    assert written > 500
    assert refused > 100


def test_the_fast_path_and_the_library_agree() -> None:
    document = {"a": {"b": [1, {"c": None}], "c d": "x"}, "n": None}
    for path in ("$", "$.a", "$.a.b", "$.a.b[0]", "$.a.b[1].c", "$.n", "$.a['b']", "$.x", "$.a.b[7]", "$.n.a"):
        answers = []
        fast, library = compile_path(path), _find_many(path[1:])
        for find in (lambda data, read=fast: read(data, None), library):
            try:
                answers.append(("found", find(document)))
            except PathError:
                answers.append(("missing", None))
        assert answers[0] == answers[1], path


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        ({"Variable": "$.a", "StringEquals": "x"}, {"a": "x"}, True),
        ({"Variable": "$.a", "StringEquals": "1"}, {"a": 1}, False),
        ({"Variable": "$.a", "StringLessThan": "b"}, {"a": "a"}, True),
        ({"Variable": "$.a", "StringGreaterThanEqualsPath": "$.b"}, {"a": "b", "b": "b"}, True),
        ({"Variable": "$.a", "NumericEquals": 1}, {"a": 1.0}, True),
        ({"Variable": "$.a", "NumericEquals": 1}, {"a": True}, False),
        ({"Variable": "$.a", "NumericLessThan": 1}, {"a": "0"}, False),
        ({"Variable": "$.a", "NumericGreaterThanPath": "$.b"}, {"a": 2, "b": 1}, True),
        ({"Variable": "$.a", "NumericLessThanEquals": 2}, {"a": 2}, True),
        ({"Variable": "$.a", "BooleanEquals": False}, {"a": False}, True),
        ({"Variable": "$.a", "BooleanEquals": False}, {"a": 0}, False),
        ({"Variable": "$.a", "BooleanEqualsPath": "$.b"}, {"a": True, "b": True}, True),
        ({"Variable": "$.a", "TimestampEquals": "2025-01-01T00:00:00Z"}, {"a": "2025-01-01T01:00:00+01:00"}, True),
        ({"Variable": "$.a", "TimestampLessThan": "2025-01-01T00:00:00Z"}, {"a": "2024-12-31T23:59:59.999Z"}, True),
        ({"Variable": "$.a", "TimestampGreaterThanPath": "$.b"}, {"a": "no time", "b": "2025-01-01T00:00:00Z"}, False),
        ({"Variable": "$.a", "StringMatches": "log-*.txt"}, {"a": "log-1.txt"}, True),
        ({"Variable": "$.a", "StringMatches": "log-*.txt"}, {"a": "log-1_txt"}, False),
        ({"Variable": "$.a", "StringMatches": "a\\*b"}, {"a": "axb"}, False),
        ({"Variable": "$.a", "StringMatches": "a\\*b"}, {"a": "a*b"}, True),
        ({"Variable": "$.a", "StringMatches": "*"}, {"a": 1}, False),
        ({"Variable": "$.a", "IsPresent": True}, {"a": None}, True),
        ({"Variable": "$.a.b", "IsPresent": False}, {"a": 1}, True),
        ({"Variable": "$.a", "IsNull": True}, {"a": None}, True),
        ({"Variable": "$.a", "IsNull": False}, {"a": None}, False),
        ({"Variable": "$$.Execution.Name", "StringMatches": "*-*"}, {}, True),
        ({"Not": {"Variable": "$.a", "IsPresent": True}}, {}, True),
        ({"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "NumericEquals": 1}]}, {"a": 1}, True),
        ({"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "NumericEquals": 1}]}, {}, False),
        ({"Or": [{"Variable": "$.a", "NumericEquals": 2}, {"Variable": "$.a", "NumericEquals": 1}]}, {"a": 1}, True),
    ],
)
def test_a_choice_rule(rule: dict[str, Any], given: Any, expected: bool) -> None:
    choice = {"Type": "Choice", "Choices": [rule | {"Next": "Yes"}], "Default": "No"}
    definition = machine_of(choice, Yes={"Type": "Pass", "Result": True, "End": True})
    definition["States"]["No"] = {"Type": "Pass", "Result": False, "End": True}
    stand, arn = run(definition, given)
    assert stand.output(arn) is expected


def test_a_choice_without_a_match_or_without_its_variable() -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Yes"}]}
    definition = machine_of(choice, Yes={"Type": "Succeed"})
    stand, arn = run(definition, {"a": 2})
    assert stand.describe(arn)["error"] == "States.NoChoiceMatched"
    stand, arn = run(definition, {})
    assert stand.describe(arn)["error"] == "States.Runtime"
    assert "condition path references an invalid value" in stand.describe(arn)["cause"]


@pytest.mark.parametrize(
    ("fields", "given", "seconds"),
    [
        ({"Seconds": 30}, {}, 30),
        ({"Seconds": 0}, {}, 0),
        ({"SecondsPath": "$.s"}, {"s": 7}, 7),
        ({"Timestamp": "2025-06-15T15:07:00Z"}, {}, 20),
        ({"TimestampPath": "$.t"}, {"t": "2025-06-15T17:07:10.500+02:00"}, 30.5),
        ({"TimestampPath": "$.t"}, {"t": "2001-01-01T00:00:00Z"}, 0),
    ],
)
def test_a_wait(fields: dict[str, Any], given: Any, seconds: float) -> None:
    stand, arn = run(machine_of({"Type": "Wait", **fields}), given)
    assert stand.output(arn) == given
    description = stand.describe(arn)
    assert (description["stopDate"] - description["startDate"]).total_seconds() == seconds


@pytest.mark.parametrize(
    ("fields", "given", "cause"),
    [
        ({"SecondsPath": "$.s"}, {"s": -1}, "The SecondsPath parameter references a negative value: $.s == -1"),
        ({"SecondsPath": "$.s"}, {"s": 1.5}, "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5"),
        ({"SecondsPath": "$.s"}, {}, "$.s"),
        (
            {"TimestampPath": "$.t"},
            {"t": "2016-12-05T21:29:29"},
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            "$.t == 2016-12-05T21:29:29",
        ),
    ],
)
def test_a_wait_that_can_not_be_read(fields: dict[str, Any], given: Any, cause: str) -> None:
    error, found = failure({"Type": "Wait", **fields}, given)
    assert error == "States.Runtime"
    assert found.startswith("An error occurred while executing the state 'Only' (entered at the event id #2). ")
    assert cause in found


def test_a_fail_state_reads_its_reasons() -> None:
    fail = {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('because {}', $.c)"}
    assert failure(fail, {"e": "E", "c": "C"}) == ("E", "because C")
    assert failure({"Type": "Fail"}) == (None, None)
    error, cause = failure(fail, {"c": "C"})
    assert error == "States.Runtime"
    assert "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input" in cause


def test_a_task_selects_and_places_its_result() -> None:
    fields = {
        "ResultSelector": {"n.$": "$.Payload.n", "who.$": "$$.State.Name"},
        "ResultPath": "$.r",
        "OutputPath": "$.r",
    }
    assert output(task(**fields), {"a": 1}, {"work": RETURNS}) == {"n": 1, "who": "Only"}
    assert output(task(ResultPath=None), {"a": 1}, {"work": RETURNS}) == {"a": 1}


def test_a_function_gets_its_payload_and_the_role_and_an_empty_object_without_one() -> None:
    stand, _ = run(machine_of(task(Parameters={"FunctionName": "work"})), {}, {"work": RETURNS})
    assert stand.functions.calls == [("work", {}, "arn:aws:iam::000000000000:role/machine")]
    error, cause = failure(task(Parameters={"FunctionName.$": "$.f"}), {"f": 1}, {"work": RETURNS})
    assert error == "States.Runtime"
    assert "[The value of the field 'FunctionName' has an invalid format]" in cause


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"raise": {"errorType": "Boom", "errorMessage": "no"}}, "Boom"),
        ({"raise": {"errorMessage": "Task timed out after 3.00 seconds"}}, "Lambda.Unknown"),
        ({"refuse": "TooManyRequestsException"}, "Lambda.TooManyRequestsException"),
        ({"refuse": "AccessDeniedException"}, "Lambda.AWSLambdaException"),
        ({"return_bytes": 270_000}, "States.DataLimitExceeded"),
        ({"return": {"when": Path()}}, "Runtime.MarshalError"),
        ({"return": float("nan")}, "Runtime.MarshalError"),
    ],
)
def test_errors_of_a_function(answer: dict[str, Any], error: str) -> None:
    assert failure(task(), {}, {"work": [answer]})[0] == error


def test_time_outs_from_paths() -> None:
    fields = {"TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h"}
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait(**fields)), {"t": 9, "h": 5})
    clock.run()
    scheduled = details(stand.history(arn)[2])
    assert (scheduled["timeoutInSeconds"], scheduled["heartbeatInSeconds"]) == (9, 5)
    description = stand.describe(arn)
    assert (description["stopDate"] - description["startDate"]).total_seconds() == 5
    assert failure(token_wait(**fields), {"t": 0, "h": 5}, {"wait": RETURNS})[0] == "States.Runtime"


def attempts(stand: Stand, arn: str) -> list[float]:
    """Seconds between the attempts of the only task."""
    times = [event["timestamp"].timestamp() for event in stand.history(arn) if event["type"] == "TaskScheduled"]
    return [round(later - earlier - 0.1, 3) for earlier, later in itertools.pairwise(times)]


def test_retries_back_off_up_to_a_longest_delay() -> None:
    retry = [{"ErrorEquals": ["E"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10, "MaxAttempts": 4}]
    stand, arn = run(machine_of(task(Retry=retry)), {}, {"work": [{"raise": {"errorType": "E"}}]})
    assert attempts(stand, arn) == [2, 6, 10, 10]
    stand, arn = run(machine_of(task(Retry=[{"ErrorEquals": ["E"]}])), {}, {"work": [{"raise": {"errorType": "E"}}]})
    assert attempts(stand, arn) == [1, 2, 4]


def test_full_jitter_waits_at_most_the_delay() -> None:
    retry = [
        {"ErrorEquals": ["E"], "IntervalSeconds": 8, "BackoffRate": 1, "MaxAttempts": 20, "JitterStrategy": "FULL"}
    ]
    stand, arn = run(machine_of(task(Retry=retry)), {}, {"work": [{"raise": {"errorType": "E"}}]})
    waits = attempts(stand, arn)
    assert len(set(waits)) == 20
    assert all(0 <= wait <= 8 for wait in waits)


def test_each_retrier_counts_for_itself_and_the_context_counts_all() -> None:
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    parameters = {"FunctionName": "work", "Payload": {"count.$": "$$.State.RetryCount"}}
    answers = [{"raise": {"errorType": "A"}}, {"raise": {"errorType": "B"}}, {"raise": {"errorType": "A"}}]
    stand, arn = run(machine_of(task(Retry=retry, Parameters=parameters)), {}, {"work": answers})
    assert [payload["count"] for _, payload, _ in stand.functions.calls] == [0, 1, 2]
    assert stand.describe(arn)["error"] == "A"


@pytest.mark.parametrize(
    ("error", "names", "caught"),
    [
        ("Boom", ["Boom"], True),
        ("Boom", ["States.TaskFailed"], True),
        ("Boom", ["States.ALL"], True),
        ("Boom", ["Other", "Boom"], True),
        ("Boom", ["Other"], False),
        ("States.Runtime", ["States.ALL"], False),
    ],
)
def test_what_catch_matches(error: str, names: list[str], caught: bool) -> None:
    catch = [{"ErrorEquals": names, "Next": "Handle", "ResultPath": "$.e"}]
    definition = machine_of(task(Catch=catch, OutputPath="$.none"), Handle={"Type": "Succeed"})
    stand, arn = run(definition, {"a": 1}, {"work": [{"raise": {"errorType": error}}]})
    assert (stand.describe(arn)["status"] == "SUCCEEDED") is caught
    if caught:
        assert stand.output(arn)["e"]["Error"] == error


def test_a_runtime_error_in_a_branch_passes_every_catch() -> None:
    branch = {"StartAt": "P", "States": {"P": {"Type": "Pass", "InputPath": "$.none", "End": True}}}
    fork = {"Type": "Parallel", "Branches": [branch], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handle"}]}
    stand, arn = run(machine_of(fork, Handle={"Type": "Succeed"}))
    assert stand.describe(arn)["error"] == "States.Runtime"


def test_a_parallel_gives_each_branch_its_own_copy_of_the_parameters() -> None:
    def branch(name: str, result: str) -> dict[str, Any]:
        return {"StartAt": name, "States": {name: {"Type": "Pass", "Result": result, "ResultPath": "$.r", "End": True}}}

    fork = {"Type": "Parallel", "Branches": [branch("A", "a"), branch("B", "b")], "Parameters": {"x.$": "$.n"}}
    assert output(fork | {"ResultPath": "$.both", "ResultSelector": {"l.$": "$[*].r"}}, {"n": 1}) == {
        "n": 1,
        "both": {"l": ["a", "b"]},
    }
    assert output(fork, {"n": 1}) == [{"x": 1, "r": "a"}, {"x": 1, "r": "b"}]


def test_the_machines_time_out_ends_waits_and_children_too() -> None:
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait()) | {"TimeoutSeconds": 10})
    clock.run()
    description = stand.describe(arn)
    assert description["status"] == "TIMED_OUT"
    assert (description["stopDate"] - description["startDate"]).total_seconds() == 10
    assert "error" not in description


# Refusals

WORK = task(End=True)
FORK = {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}]}
CATCH = {"ErrorEquals": ["States.ALL"], "Next": "Only"}


def choice(**rule: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{"Next": "Only", **rule}], "Default": "Only"}


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ({"Type": "Map", "End": True}, "/States/Only/Type"),
        ({}, "/States/Only"),
        ({"Type": "Pass"}, "/States/Only"),
        ({"Type": "Pass", "End": True, "Next": "Only"}, "/States/Only"),
        ({"Type": "Pass", "End": False}, "/States/Only/End"),
        ({"Type": "Pass", "Next": "Nowhere"}, "/States/Only"),
        ({"Type": "Pass", "End": True, "QueryLanguage": "JSONata"}, "/States/Only/QueryLanguage"),
        ({"Type": "Pass", "End": True, "Assign": {}}, "/States/Only/Assign"),
        ({"Type": "Pass", "End": True, "Output": "{% 1 %}"}, "/States/Only/Output"),
        ({"Type": "Pass", "End": True, "InputPath": "a"}, "/States/Only/InputPath"),
        ({"Type": "Pass", "End": True, "InputPath": "$.a["}, "/States/Only/InputPath"),
        ({"Type": "Pass", "End": True, "InputPath": ["$"]}, "/States/Only/InputPath"),
        ({"Type": "Pass", "End": True, "ResultPath": 1}, "/States/Only/ResultPath"),
        ({"Type": "Pass", "End": True, "InputPath": "$.a.length()"}, "/States/Only/InputPath"),
        ({"Type": "Pass", "End": True, "ResultPath": "$.a[*]"}, "/States/Only/ResultPath"),
        ({"Type": "Pass", "End": True, "ResultPath": "$$.a"}, "/States/Only/ResultPath"),
        ({"Type": "Pass", "End": True, "Parameters": "x"}, "/States/Only/Parameters"),
        ({"Type": "Pass", "End": True, "Parameters": {"a.$": "x"}}, "/States/Only/Parameters"),
        ({"Type": "Pass", "End": True, "Parameters": {"a.$": "States.Hash('a', 'b')"}}, "/States/Only/Parameters"),
        ({"Type": "Pass", "End": True, "Parameters": {"a.$": "States.Format('a'"}}, "/States/Only/Parameters"),
        ({"Type": "Pass", "End": True, "Parameters": {"a.$": "States.Format('a') x"}}, "/States/Only/Parameters"),
        ({"Type": "Pass", "End": True, "Parameters": {"a.$": "States.MathAdd(1)"}}, "/States/Only/Parameters"),
        ({"Type": "Pass", "End": True, "Retry": []}, "/States/Only/Retry"),
        ({"Type": "Succeed", "End": True}, "/States/Only/End"),
        ({"Type": "Fail", "Error": "a", "ErrorPath": "$.a"}, "/States/Only"),
        ({"Type": "Fail", "Error": 1}, "/States/Only/Error"),
        ({"Type": "Wait", "End": True}, "/States/Only"),
        ({"Type": "Wait", "End": True, "Seconds": 1, "SecondsPath": "$.s"}, "/States/Only"),
        ({"Type": "Wait", "End": True, "Seconds": -1}, "/States/Only/Seconds"),
        ({"Type": "Wait", "End": True, "Seconds": 1.5}, "/States/Only/Seconds"),
        ({"Type": "Wait", "End": True, "Timestamp": "2025-01-01"}, "/States/Only/Timestamp"),
        ({"Type": "Choice", "Choices": []}, "/States/Only/Choices"),
        ({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True}]}, "/States/Only/Choices[0]"),
        (choice(Variable="$.a", IsString=True), "/States/Only/Choices[0]/IsString"),
        (choice(Variable="$.a", NumericEquals="1"), "/States/Only/Choices[0]/NumericEquals"),
        (choice(Variable="$.a", TimestampEquals="soon"), "/States/Only/Choices[0]/TimestampEquals"),
        (choice(Variable="$.a", BooleanLessThan=True), "/States/Only/Choices[0]/BooleanLessThan"),
        (choice(Variable="$.a", IsPresent="yes"), "/States/Only/Choices[0]/IsPresent"),
        (choice(Variable="a", IsPresent=True), "/States/Only/Choices[0]/IsPresent"),
        (choice(IsPresent=True), "/States/Only/Choices[0]"),
        (choice(Variable=[], IsPresent=True), "/States/Only/Choices[0]/IsPresent"),
        (choice(Variable="$.a", NumericEqualsPath=1), "/States/Only/Choices[0]/NumericEqualsPath"),
        (choice(Variable="$.a"), "/States/Only/Choices[0]"),
        (choice(Variable="$.a", IsPresent=True, IsNull=True), "/States/Only/Choices[0]"),
        (choice(And=[]), "/States/Only/Choices[0]/And"),
        (choice(And=[{"Not": 1}]), "/States/Only/Choices[0]/And[0]/Not"),
        (WORK | {"Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}, "/States/Only/Resource"),
        (WORK | {"Resource": "arn:aws:states:::sqs:sendMessage"}, "/States/Only/Resource"),
        (WORK | {"Parameters": {"Payload": {}}}, "/States/Only/Parameters"),
        (
            WORK | {"Parameters": {"FunctionName": "f", "InvocationType": "Event"}},
            "/States/Only/Parameters/InvocationType",
        ),
        (WORK | {"TimeoutSeconds": 0}, "/States/Only/TimeoutSeconds"),
        (WORK | {"TimeoutSeconds": True}, "/States/Only/TimeoutSeconds"),
        (WORK | {"TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"}, "/States/Only"),
        (WORK | {"TimeoutSeconds": 5, "HeartbeatSeconds": 5}, "/States/Only/HeartbeatSeconds"),
        (WORK | {"Retry": [{"ErrorEquals": []}]}, "/States/Only/Retry[0]/ErrorEquals"),
        (WORK | {"Retry": [{"ErrorEquals": ["E"], "MaxAttempts": -1}]}, "/States/Only/Retry[0]/MaxAttempts"),
        (WORK | {"Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 0}]}, "/States/Only/Retry[0]/IntervalSeconds"),
        (WORK | {"Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5}]}, "/States/Only/Retry[0]/BackoffRate"),
        (WORK | {"Retry": [{"ErrorEquals": ["E"], "MaxDelaySeconds": 1}]}, "/States/Only/Retry[0]/MaxDelaySeconds"),
        (WORK | {"Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "SOME"}]}, "/States/Only/Retry[0]/JitterStrategy"),
        (WORK | {"Retry": [{"ErrorEquals": ["E"], "Delay": 1}]}, "/States/Only/Retry[0]/Delay"),
        (WORK | {"Catch": [CATCH, {"ErrorEquals": ["E"], "Next": "Only"}]}, "/States/Only/Catch"),
        (WORK | {"Catch": [{"ErrorEquals": ["E", "States.ALL"], "Next": "Only"}]}, "/States/Only/Catch"),
        (WORK | {"Catch": [{"ErrorEquals": ["E"]}]}, "/States/Only/Catch[0]"),
        (WORK | {"Catch": [{"ErrorEquals": ["E"], "Next": "Nowhere"}]}, "/States/Only"),
        (FORK | {"Branches": []}, "/States/Only/Branches"),
        (FORK | {"Branches": [{"StartAt": "A", "States": {}}]}, "/States/Only/Branches[0]"),
        (
            FORK | {"Branches": [{"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}]},
            "/States/Only/Branches[0]/States/Only",
        ),
        (FORK | {"TimeoutSeconds": 5}, "/States/Only/TimeoutSeconds"),
    ],
)
def test_a_definition_is_refused_with_its_place(state: dict[str, Any], place: str) -> None:
    with pytest.raises(DefinitionError) as error:
        parse(json.dumps({"StartAt": "Only", "States": {"Only": state}}))
    assert error.value.path == place
    assert error.value.reason


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ("{", "/"),
        ("[]", "/"),
        ("{}", "/"),
        ('{"States": {"A": {"Type": "Succeed"}}}', "/"),
        ('{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}', "/States"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}', "/States/B"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "TimeoutSeconds": 0}', "/TimeoutSeconds"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "QueryLanguage": "JSONata"}', "/QueryLanguage"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Extra": 1}', "/Extra"),
        ('{"StartAt": "A", "States": {"A": []}}', "/States/A"),
    ],
)
def test_a_broken_machine_is_refused(definition: str, place: str) -> None:
    with pytest.raises(DefinitionError) as error:
        parse(definition)
    assert error.value.path == place


def test_the_products_own_machines_can_run() -> None:
    folder = Path(__file__).parents[3] / "state_machines"
    for path in folder.glob("*.asl.json"):
        assert parse(path.read_text()).states, path
    assert parse((folder / "session.asl.json").read_text()).start_at == "Plan"
