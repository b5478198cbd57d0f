"""Whatever is in a segment or a film: it works, or RecordingDamaged says why not."""

import io
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from recorder.checks import check
from recorder.errors import RecordingDamaged
from recorder.picture import thumbnail
from recorder.trim import trim
from tests.unit.recorder.material import Show, make, moment

ROUNDS = 40


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut out a piece, cut off the end, or neither; and change some bytes."""
    changed = bytearray(data)
    how = chance.random()
    if how < 0.3:
        at = chance.randrange(len(changed))
        del changed[at : at + chance.randrange(1, 3_000)]
    elif how < 0.6:
        del changed[chance.randrange(1, len(changed)) :]
    for _ in range(chance.randrange(1, 200)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def outcome(work: Callable[[], Any]) -> bool:
    """Whether it worked; any error but the one that is documented fails the test."""
    with suppress(RecordingDamaged):
        work()
        return True
    return False


@pytest.mark.parametrize("seed", range(3))
def test_damaged_segments(stored: Show, seed: int) -> None:
    chance = random.Random(seed)
    first, second = stored.segments[:2]
    worked = []
    for _ in range(ROUNDS):
        bad = damaged(stored.data[first.uri], chance)
        data = stored.data | {first.uri: bad}
        worked.append(outcome(lambda data=data: make(stored.cut(10, 100), data)))
        worked.append(outcome(lambda bad=bad: trim(bad, first, moment(10), moment(100), None, stored.data[second.uri])))

    assert 0 < sum(worked) < len(worked)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_films(stored: Show, seed: int) -> None:
    chance = random.Random(seed)
    film = stored.film(10, 100).data
    worked = []
    for _ in range(ROUNDS):
        bad = damaged(film, chance) if chance.random() < 0.5 else damaged(film[:3_000], chance) + film[3_000:]
        worked.append(outcome(lambda bad=bad: check(io.BytesIO(bad), 3.0, 1 / 30)))
        worked.append(outcome(lambda bad=bad: thumbnail(io.BytesIO(bad))))

    assert 0 < sum(worked) < len(worked)
