"""The pages of rules are those of the tests, and what they call not built answers so."""

import json
import re
import subprocess
import sys
from urllib.parse import quote

import pytest

from sandbox.awsapi import ServiceApi, service_model
from sandbox.clock import VirtualClock
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive
from tests import rules


def test_the_pages_are_those_of_the_tests() -> None:
    program = "import json; from tests import rules; print(json.dumps(rules.pages()))"
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=rules.ROOT)
    for service, page in json.loads(made.stdout).items():
        written = (rules.DOCS / f"{service}-rules.md").read_text()
        assert written == page, f"docs/{service}-rules.md is not what the tests say: make docs"


def test_every_rule_has_a_source() -> None:
    for service in rules.SERVICES:
        page = (rules.DOCS / f"{service}-rules.md").read_text()
        rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")][1:]
        assert rows
        for what, source, tests in rows:
            assert what.strip()
            assert source.strip()
            for path in re.findall(r"\]\(\.\./(.+?)\)", tests):
                assert (rules.ROOT / path).exists()


@pytest.mark.parametrize("service", rules.SERVICES)
def test_what_is_not_built_answers_501_with_its_name(service: str) -> None:
    clock = VirtualClock()
    ivs = Ivs(clock, lambda *_: None)
    built = {"ivs": ivs, "medialive": MediaLive(clock, lambda *_: None, SimulatedPlane(clock, ivs))}
    api = ServiceApi(service, built[service])
    names = rules.unbuilt(service)
    assert names
    for name in names:
        http = service_model(service).operation_model(name).http
        path = re.sub(r"{.+?}", quote("1"), http["requestUri"]).partition("?")[0]
        answer = api.handle(http["method"], path, "", {}, b"{}")
        assert answer.status == 501, name
        assert f" {name}." in json.loads(answer.body)["message"]
