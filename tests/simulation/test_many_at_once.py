"""Fifty shows at once, MediaLive taking 20 calls a second (a burst of 40) and IVS 5 of each operation."""

from typing import Any

import pytest

from sandbox.errors import AwsError
from tests.simulation import truths
from tests.simulation.world import KnownIvs, KnownMediaLive, World, lived

SHOWS = [f"show-{number}" for number in range(50)]
PATIENCE = 1800.0  # seconds of virtual time
START = "/sessions/{session_id}/streaming/start"


def press(world: World, button: str, body: Any) -> None:
    """Of all shows at once; every call is answered before the API's limit."""
    answers: list[int] = []
    for show in SHOWS:
        path = f"/sessions/{show}/streaming/{button}"
        world.begin("POST", path, body, "ann", lambda status, _: answers.append(status))
    assert world.until(lambda: len(answers) == len(SHOWS), 60, 0.1)
    assert set(answers) == {202}


def test_fifty_starts_at_once_get_live_and_end_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    def counted(throttle: Any) -> Any:
        def count(service: Any, operation: str, params: Any) -> None:
            try:
                throttle(service, operation, params)
            except AwsError:
                refused.append(operation)
                raise

        return count

    for service in (KnownMediaLive, KnownIvs):
        monkeypatch.setattr(service, "throttle", counted(service.throttle))
    with lived(throttled=True, stores=False) as world:
        press(world, "start", {"hold": True})
        assert world.until(lambda: all(world.state(show) in ("live", "failed", "ended") for show in SHOWS), PATIENCE)
        assert {world.state(show) for show in SHOWS} == {"live"}
        press(world, "stop", None)
        assert world.until(lambda: world.quiet, PATIENCE)
        assert {world.state(show) for show in SHOWS} == {"ended"}
        world.advance(310)
        world.until(lambda: not world.executions("sweep", "RUNNING"), 900, 5)
        assert truths.problems(world) == []
    assert "CreateInput" in refused, "nothing was refused: the test shows nothing"


@pytest.mark.parametrize("seed", range(2, 12))
def test_of_fifty_starts_that_find_no_count_of_the_quotas_one_counts(seed: int) -> None:
    with lived(seed, throttled=True, stores=False) as world:
        press(world, "start", {"hold": True})
        assert world.calls[f"api/POST {START}", "ivs.ListStreams"] == 1
