"""Which of MediaLive's and IVS's rules the tests prove: a mark on a test, and the pages that list the marks.

    @rules.medialive("An action name is unique in the schedule", "user guide, managing the schedule")
    def test_...

`python -m tests.rules` writes `docs/medialive-rules.md` and `docs/ivs-rules.md`: the rules with their sources and
tests, and what botocore's model has and the sandbox has not. A rule may be on several tests, and on a parameter.
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from botocore import xform_name

from sandbox.awsapi import service_model
from sandbox.ivs.service import Ivs
from sandbox.medialive.service import MediaLive

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PLACES = ("tests/contract", "tests/unit/sandbox_medialive")
SERVICES: dict[str, tuple[str, type]] = {"medialive": ("MediaLive", MediaLive), "ivs": ("IVS", Ivs)}
MODEL = "API reference (botocore's model)"
UNKNOWN = "not known of AWS; the sandbox's choice"
Rules = dict[tuple[str, str], dict[str, list[str]]]
"""(rule, source) -> test, as file::function -> the parameters that have the mark, if not all."""


def medialive(what: str, source: str) -> pytest.MarkDecorator:
    """This test proves a rule of MediaLive's, which `source` tells."""
    return pytest.mark.rule("medialive", what, source)


def ivs(what: str, source: str) -> pytest.MarkDecorator:
    """Likewise of IVS's."""
    return pytest.mark.rule("ivs", what, source)


def unbuilt(service: str) -> list[str]:
    """The operations of botocore's model that the sandbox has not."""
    built = SERVICES[service][1]
    return sorted(name for name in service_model(service).operation_names if not hasattr(built, xform_name(name)))


class Collector:
    """A pytest plugin that reads the marks."""

    def __init__(self) -> None:
        self.found: dict[str, Rules] = {service: defaultdict(lambda: defaultdict(list)) for service in SERVICES}

    def pytest_collection_modifyitems(self, items: Iterable[pytest.Item]) -> None:
        for item in items:
            call = getattr(item, "callspec", None)
            for mark in item.iter_markers("rule"):
                service, what, source = mark.args
                parameters = self.found[service][what, source][item.nodeid.partition("[")[0]]
                if call is not None and mark in call.marks:
                    parameters.append(call.id)


def collect() -> dict[str, Rules]:
    """The marks of all tests, by service."""
    collector = Collector()
    arguments = ["--collect-only", "-o", "addopts=--strict-markers", "-p", "no:terminal", "-p", "no:cacheprovider"]
    status = pytest.main([*arguments, *(str(ROOT / place) for place in PLACES)], plugins=[collector])
    if status != pytest.ExitCode.OK:
        raise RuntimeError("the tests could not be collected")
    return collector.found


def page(service: str, rules: Rules) -> str:
    """The page of a service."""
    name = SERVICES[service][0]
    lines = [
        f"# {name}'s rules in the sandbox",
        "",
        "Generated from the tests by `make docs`. The source is AWS's unless it says otherwise; what could not be",
        "verified is in [What it cannot prove](sandbox.md#what-it-cannot-prove).",
        "",
        "| rule | source | tests |",
        "|---|---|---|",
    ]
    for (what, source), tests in rules.items():
        lines.append(f"| {what} | {source} | {'<br>'.join(shown(*test) for test in tests.items())} |")
    lines += ["", "## Not built", "", f"Operations of {name}'s that the sandbox answers with 501 and their name:", ""]
    lines += textwrap.wrap(", ".join(unbuilt(service)) + ".", 118, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def shown(function: str, parameters: list[str]) -> str:
    """A test as a link to its file."""
    path, _, name = function.partition("::")
    return f"[{name}](../{path})" + (f": {', '.join(parameters)}" if parameters else "")


def pages() -> dict[str, str]:
    """Both pages, by service."""
    return {service: page(service, rules) for service, rules in collect().items()}


def main() -> None:
    for service, text in pages().items():
        (DOCS / f"{service}-rules.md").write_text(text)


if __name__ == "__main__":
    main()
