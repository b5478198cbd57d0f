"""Random people make random shows while things go wrong at random: `make chaos SEED=7 SESSIONS=20`.

Each person has two clients, which know nothing of each other and press what comes to their mind, sometimes twice. For
half an hour calls fail, functions die, events get lost, encoders crash, and strangers stop channels. Then all is well
again, everybody stops, and what `truths` has must be so. A seed that fails is told, and is a test from then on.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import AwsError
from sandbox.medialive.states import AWS, BRIEF, FAST
from sandbox.stepfunctions import InvokeOutcome, Refused
from sandbox.unknowns import NAMES
from showrunner.media import Media
from showrunner.session import now
from showrunner.store import store
from showrunner.store.places import OTHERS
from tests.simulation import stack, truths
from tests.simulation.faults import CALLS, Case, Struck
from tests.simulation.matrix import rest
from tests.simulation.scenarios import OWNER
from tests.simulation.world import Event, NoFaults, World, lived

LASTS = 1800.0  # seconds of trouble
RATE = 0.01
LOOK_EVERY = 5.0
PEOPLE = ("ann", "ben", "cleo")
CLIENTS = 2
STANDING = "standing"
NOT_ON_AIR = "Nothing was stored while this recording ran"  # as encoders die, and shows are stopped at once
SOURCES = [{"name": "host"}, {"name": "callers"}, {"name": "tracks", "type": "MP4_FILE"}]
TRACKS = [f"track-{number}" for number in range(3)]
KINDS = [kind for kind in CALLS if kind != "denied"]  # a permission does not come and go by itself


@dataclass
class Trouble(NoFaults):
    """A plan by which a share `rate` of all that happens goes wrong, until `over`."""

    chance: random.Random
    rate: float
    over: bool = False
    struck: Counter[str] = field(default_factory=Counter)

    def attach(self, world: World) -> None:
        self._world = world

    def _comes(self) -> bool:
        return not self.over and self.chance.random() < self.rate

    def carry(self, where: str, call: str, tried: int, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if not self._comes():
            return act()
        kind = self.chance.choice(KINDS)
        self.struck[kind] += 1
        once = Struck(Case("", where, call, kind))
        once.attach(self._world)
        return once.carry(where, call, 1, act)

    def invoke(self, where: str) -> InvokeOutcome | None:
        if not self._comes():
            return None
        self.struck["invoke"] += 1
        return Refused("TooManyRequestsException", "Rate Exceeded", 429)

    def deliver(self, event: Event) -> list[float]:
        if self.over or self.chance.random() >= 10 * self.rate:
            return [0.0]
        fate = self.chance.choice(["lost", "doubled", "late"])
        self.struck[f"event {fate}"] += 1
        return {"lost": [], "doubled": [0.0, self.chance.uniform(0, 20)], "late": [self.chance.uniform(1, 300)]}[fate]


class Client:
    """One window of one person's studio."""

    def __init__(self, world: World, trouble: Trouble, chance: random.Random, sub: str, shows: list[str]) -> None:
        self.world = world
        self.trouble = trouble
        self.chance = chance
        self.sub = sub
        self.shows = shows
        self.wrong: list[str] = []
        self.arn = "arn:aws:ivs:us-east-1:123456789012:channel/none"

    def begin(self) -> None:
        self.world.clock.call_later(self.chance.uniform(0, 60), self._act)

    def _act(self) -> None:
        if self.trouble.over:
            return
        show = self.chance.choice(self.shows)
        method, path, body = self._wish(show)
        for _ in range(self.chance.choice([1, 1, 1, 2, 3])):  # impatient
            self.send(method, path, body)
        self.world.clock.call_later(self.chance.expovariate(1 / 40), self._act)

    def send(self, method: str, path: str, body: Any, then: Callable[[int], None] = lambda _: None) -> None:
        def answered(status: int, said: Any) -> None:
            if status == 500 and self.trouble.rate == 0:
                self.wrong.append(f"{method} {path}: {status} {said}")
            if 400 <= status < 500 and not truths.readable(said.get("message")):
                self.wrong.append(f"{method} {path}: nobody understands {said}")
            then(status)

        self.world.begin(method, path, body, self.sub, answered)

    def _wish(self, show: str) -> tuple[str, str, Any]:
        chance, of = self.chance, f"/sessions/{show}"
        source = {"source": chance.choice(["host", "callers", "slate"])}
        name = {"name": chance.choice(["clip", "other"])}
        wishes: list[tuple[int, tuple[str, str, Any]]] = [
            (20, ("POST", "/sessions", self._session(show))),
            (6, ("POST", f"{of}/streaming/prepare", {})),
            (30, ("POST", f"{of}/streaming/start", {"hold": chance.random() < 0.3})),
            (8, ("POST", f"{of}/streaming/stop", {})),
            (20, ("POST", f"{of}/source", source)),
            (6, ("POST", f"{of}/source", {"source": "tracks", "item": chance.choice(TRACKS)})),
            (6, ("PUT", f"{of}/tracklist", {"items": chance.choices(TRACKS, k=3)})),
            (6, ("POST", f"{of}/tracklist/play", {})),
            (4, ("POST", f"{of}/tracklist/next", {})),
            (6, ("PUT", f"{of}/cue", source)),
            (5, ("POST", f"{of}/panic", {})),
            (20, ("POST", f"{of}/recording/start", name)),
            (20, ("POST", f"{of}/recording/stop", name)),
            (4, ("DELETE", f"/recordings/{show}-1-{chance.randint(1, 3)}", None)),
            (4, ("POST", f"/recordings/{show}-1-{chance.randint(1, 3)}/publish", {})),
            (4, ("POST", f"{of}/extend", {"seconds": chance.choice([60, 3600])})),
            (2, ("POST", "/channels", {"name": STANDING})),
            (1, ("DELETE", f"/channels/{self._standing().rpartition('/')[2]}", None)),
            (3, ("GET", f"{of}/cost", None)),
            (1, ("DELETE", of, None)),
            (6, ("GET", of, None)),
            (2, ("GET", "/sessions", None)),
        ]
        (wish,) = chance.choices([each for _, each in wishes], [weight for weight, _ in wishes])
        return wish

    def _session(self, show: str) -> dict[str, Any]:
        limits = {
            "live_seconds": self.chance.choice([60, 600, 28_800]),
            "input_seconds": self.chance.choice([30, 1800]),
        }
        output = {"channel_arn": self._standing()} if self.chance.random() < 0.3 else {}
        record = self.chance.choice(["auto", "manual", "off"])
        return {"id": show, "record": record, "limits": limits, "output": output, "sources": SOURCES}

    def _standing(self) -> str:
        """The ARN of the person's own IVS channel, or what it was."""
        own = [each for each in self.world.ivs.channels.values() if each.tags.get(OWNER) == self.sub]
        there = [each.arn for each in own if each.settings["name"] == STANDING]
        self.arn = there[0] if there else self.arn
        return self.arn


@dataclass(frozen=True)
class Outcome:
    problems: list[str]
    lives: int
    calls: int
    struck: Counter[str]


def play(seed: int, sessions: int, rate: float = RATE, seconds: float = LASTS) -> Outcome:
    """So many seconds of chaos, and its end."""
    chance = random.Random(seed)
    trouble = Trouble(chance, rate)
    otherwise = frozenset(name for name in NAMES if chance.random() < 0.3)
    with lived(seed, trouble, otherwise=otherwise, timings=chance.choice([BRIEF, FAST, AWS]), watched=True) as world:
        clients = list(_clients(world, trouble, chance, sessions))
        _strangers(world, trouble, chance)
        wrong: list[str] = []
        while world.clock.time() < world.began + seconds:
            world.advance(LOOK_EVERY)
            wrong += [f"after {world.clock.time() - world.began:.0f} s: {each}" for each in _at_any_time(world)]
            if wrong:
                break
        trouble.over = True
        world.plane.publish(True)
        world.advance(stack.seconds_of("api_handler"))  # what was asked in the trouble is answered by then
        _everybody_stops(world)
        rest(world)
        wrong += [each for client in clients for each in client.wrong]
        wrong += truths.problems(world)
        wrong += [each for each in truths.unpublished(world) if NOT_ON_AIR not in each]
        lives = sum(item["sk"]["S"].startswith("ATTEMPT#") for item in world.table.items())
        return Outcome(wrong, lives, sum(world.calls.values()), trouble.struck)


def _clients(world: World, trouble: Trouble, chance: random.Random, sessions: int) -> Iterator[Client]:
    for number, person in enumerate(PEOPLE):
        shows = [f"show-{each}" for each in range(number, sessions, len(PEOPLE))]
        world.client("ivs").create_channel(name=STANDING, tags={OWNER: person})
        for track in TRACKS:
            media = Media(track, person, "track", track, now(), state="ready", suffix="mp4", milliseconds=60_000)
            store().add_media(media)
        for _ in range(CLIENTS if shows else 0):
            client = Client(world, trouble, chance, person, shows)
            client.begin()
            yield client


def _strangers(world: World, trouble: Trouble, chance: random.Random) -> None:
    """Encoders die, publishers come and go, somebody uses the console."""

    def act() -> None:
        if trouble.over:
            return
        running = sorted(world.plane.running)
        what = chance.choice(["die", "publish", "publish", "stop", "abort", "alert"])
        if what == "die" and running:
            world.plane.kill(chance.choice(running), "killed")
        elif what == "publish":
            world.plane.publish(chance.random() < 0.7)
        elif what == "stop" and running and chance.random() < 0.3:
            try:
                world.medialive.stop_channel({"ChannelId": chance.choice(running)}, None)  # type: ignore[arg-type]
            except AwsError:
                return
        elif what == "abort" and chance.random() < 0.3:
            runs = [run for machine in ("session", "cleanup") for run in world.executions(machine, "RUNNING")]
            if runs:
                world.engine.stop_execution({"executionArn": chance.choice(runs).arn}, None)
        elif what == "alert" and running:
            world.plane.running[chance.choice(running)].alert(str(chance.random()), "Video Not Detected", "No video")
        world.clock.call_later(chance.expovariate(1 / 60), act)

    world.clock.call_later(60, act)


def _at_any_time(world: World) -> Iterator[str]:
    """What is so at every moment: of nothing that costs there are two, what has ended has no channel, the places that
    are taken are somebody's, and no secret stands in the table.
    """
    alive: Counter[str] = Counter()
    for channel in world.medialive.channels.values():
        if channel.state not in ("DELETING", "DELETED", "CREATE_FAILED"):
            alive[channel.tags["showrunner:session"]] += 1
    for session, count in alive.items():
        if count > 1:
            yield f"{session} has {count} MediaLive channels"
    for item in world.table.items():
        if item["sk"]["S"] == "META" and item["state"]["S"] in ("ended", "failed") and alive[item["id"]["S"]]:
            yield f"{item['id']['S']} is {item['state']['S']} and has a MediaLive channel"
        if item["sk"]["S"] == "RUNNING" and int(item["taken"]["N"]) != len(item.keys() - OTHERS):
            yield f"{item['pk']['S']} has {item['taken']['N']} places that are taken: {item}"
    there = [each.name for each in world.medialive.inputs.values() if each.state not in ("DELETING", "DELETED")]
    there += [f"IVS {each.settings['name']}" for each in world.made_outputs()]
    there += [f"execution of {run.name.rpartition('-')[0]}" for run in world.executions("session", "RUNNING")]
    yield from (f"there are {count} of {name}" for name, count in Counter(there).items() if count > 1)
    table = "".join(map(str, world.table.items()))
    yield from ("a secret stands in the table" for secret in world.secrets() if secret in table)


def _everybody_stops(world: World) -> None:
    sessions = [item for item in world.table.items() if item["sk"]["S"] == "META"]
    for session in sessions:
        if session["state"]["S"] not in ("ended", "failed", "created") and "deleted_at" not in session:
            world.call("POST", f"/sessions/{session['id']['S']}/streaming/stop", {}, session["owner"]["S"])


def command(seed: int, sessions: int, seconds: float = LASTS) -> str:
    return f"make chaos SEED={seed} SESSIONS={sessions}" + (
        "" if seconds == LASTS else f' ARGS="--seconds {seconds:.0f}"'
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", help="a number, or `new`")
    parser.add_argument("sessions", type=int, nargs="?", default=6)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from this one on")
    parser.add_argument("--rate", type=float, default=RATE, help="the share of calls that go wrong")
    parser.add_argument("--seconds", type=float, default=LASTS, help="how long the trouble lasts")
    given = parser.parse_args()
    first = random.SystemRandom().randrange(1_000_000) if given.seed == "new" else int(given.seed)
    failed = 0
    for seed in range(first, first + given.seeds):
        began = time.monotonic()
        outcome = play(seed, given.sessions, given.rate, given.seconds)
        told = f"{outcome.lives} shows, {outcome.calls} calls, {sum(outcome.struck.values())} faults"
        print(f"seed {seed}: {told}, {time.monotonic() - began:.1f} s", flush=True)
        for problem in outcome.problems:
            print(f"    {problem}")
        if outcome.problems:
            failed += 1
            print(f"    {command(seed, given.sessions, given.seconds)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
