"""The sandbox's page says what is so."""

from pathlib import Path

from sandbox.awsapi import service_model
from sandbox.faults import KINDS
from sandbox.ivs.service import Ivs
from tests.contract.shapes import built

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def test_every_fault_is_in_the_table() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| `") and line.count("|") == 4]
    assert [line.split("`")[1] for line in lines] == list(KINDS)
    for line, (_, what) in zip(lines, KINDS.values(), strict=True):
        assert line.endswith(f"| {what} |")


def test_what_ivs_lacks_is_listed() -> None:
    quoted = " ".join(line.removeprefix("> ") for line in PAGE.splitlines() if line.startswith("> "))
    assert set(quoted.split(", ")) == set(service_model("ivs").operation_names) - built("ivs", Ivs)
