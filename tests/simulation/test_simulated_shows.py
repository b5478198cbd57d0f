"""The simulation itself: the same seed is the same history, and shows go as they do in the real sandbox."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.medialive.states import BRIEF
from sandbox.server import Sandbox
from tests.simulation.on_sandbox import OnSandbox
from tests.simulation.scenarios import SCENARIOS, Told
from tests.simulation.theatre import Theatre
from tests.simulation.world import lived
from tests.studio import Studio

AT_ONCE = 3  # shows in the sandbox: each has functions of its own started, and that is most of the work


def simulated(name: str, seed: int = 1, stores: bool = True) -> tuple[Told, str]:
    """What a show was like, and all that happened in the world."""
    with lived(seed, timings=BRIEF, stores=stores) as world:
        theatre = Theatre(world)
        SCENARIOS[name](theatre, "show")
        return theatre.told("show"), world.history()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(media=False, timings="brief", throttled=False, quotas={"channels": 20, "push_inputs": 40}) as running:
        yield running


@pytest.fixture(scope="module")
def real(sandbox: Sandbox) -> dict[str, Told | BaseException]:
    """Each scenario's show in the sandbox, several at once."""

    stage = OnSandbox(Studio(sandbox))

    def play(name: str) -> Told:
        show = name.replace("_", "-")
        SCENARIOS[name](stage, show)
        return stage.told(show, "show")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        shows = {name: pool.submit(play, name) for name in SCENARIOS}
    return {name: show.exception() or show.result() for name, show in shows.items()}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_seed_is_the_same_history(name: str) -> None:
    first, again, other = simulated(name), simulated(name), simulated(name, seed=2)
    assert first == again
    assert first[1] != other[1]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_show_visits_the_states_that_it_visits_in_the_sandbox(
    real: dict[str, Told | BaseException], name: str
) -> None:
    shown = real[name]
    if isinstance(shown, BaseException):
        raise shown
    assert simulated(name, stores=False)[0] == shown
