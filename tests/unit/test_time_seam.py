"""Time and AWS clients come from one place each: else a simulation could not hand in its own."""

import re
from pathlib import Path

import pytest

from showrunner import aws, clock, session

ROOT = Path(__file__).parents[2]
OF_THE_MACHINE = re.compile(r"\b(time\.(time|sleep|monotonic)\(|datetime\.(now|utcnow)\(|boto3\.(client|resource)\()")
HOMES = {"showrunner/clock.py", "showrunner/aws.py"}


class Standing:
    def time(self) -> float:
        return 1_750_000_000.0

    def sleep(self, seconds: float) -> None: ...


def test_nobody_asks_the_machine_for_the_time_or_makes_a_client_but_in_one_place() -> None:
    found = []
    for room in ("showrunner", "workflows", "tasks", "recorder"):
        for path in (ROOT / room).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            code = path.read_text().replace("clock.time()", "").replace("clock.sleep(", "")
            if name not in HOMES and "showrunner/cli/" not in name and OF_THE_MACHINE.search(code):
                found.append(name)
    assert found == []


def test_what_is_written_down_goes_by_the_clock_that_is_in_use() -> None:
    clock.use(Standing())
    try:
        assert session.now() == "2025-06-15T15:06:40.000Z"
        assert session.seconds_since("2025-06-15T15:05:40.000Z") == 60.0
    finally:
        clock.use()


def test_clients_are_made_by_whoever_is_in_use() -> None:
    aws.use(lambda service: f"the simulation's {service}")
    try:
        assert aws.medialive() == "the simulation's medialive"
    finally:
        aws.use()


def test_clients_slow_down_when_they_are_throttled_and_one_that_may_not_repeat_itself_does_not(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore, 'Retries', adaptive mode: it also keeps below the rate at which it is throttled."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for service in ("medialive", "ivs", "dynamodb", "s3"):
        retries = aws._boto3(service).meta.config.retries
        assert (retries["mode"], retries["total_max_attempts"]) == ("adaptive", 6)
    assert aws._boto3("ivs", once=True).meta.config.retries["total_max_attempts"] == 1
