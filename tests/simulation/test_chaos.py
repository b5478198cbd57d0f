"""Random shows of random people with random trouble, by fixed seeds; a seed that has failed once is here for good."""

import pytest

from tests.simulation import chaos

SEEDS = range(1, 21)
SESSIONS, SECONDS = 4, 900.0


@pytest.mark.parametrize("seed", SEEDS)
def test_after_chaos_nothing_is_left(seed: int) -> None:
    outcome = chaos.play(seed, SESSIONS, seconds=SECONDS)
    assert not outcome.problems, "\n".join([*outcome.problems, chaos.command(seed, SESSIONS, SECONDS)])
    assert outcome.lives > 0


def test_without_trouble_nothing_breaks() -> None:
    outcome = chaos.play(0, 6, rate=0)
    assert outcome.problems == []
    assert not outcome.struck
