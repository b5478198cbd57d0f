"""The whole product in one process and in virtual time; one seed decides everything.

Real are the machines of `state_machines/` on the sandbox's engine, the handlers of the tasks, the API and the rules
of app.py and the template, MediaLive and IVS as the sandbox has them. In memory are the table and S3. Functions run
at the same time (`lambdas`), a call to AWS takes its time, and a plan of faults may strike any of them.
"""

import gc
import json
import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from io import StringIO
from types import SimpleNamespace
from typing import Any, Literal
from unittest.mock import patch

import app as product
from sandbox import unknowns
from sandbox.clock import VirtualClock
from sandbox.errors import AwsError
from sandbox.ivs.service import Ivs
from sandbox.medialive.service import MediaLive
from sandbox.medialive.states import FAST, Timings
from sandbox.servicequotas import ServiceQuotas
from sandbox.stepfunctions import InvokeOutcome, MachineInfo, Raised, Refused, StepFunctions, parse
from sandbox.stepfunctions.messages import StartChild
from showrunner import aws, cdn, clock, observability
from showrunner.media import SLATE_KEY
from showrunner.naming import OWNER, SESSION
from showrunner.settings import PREFIX
from tests.simulation import stack
from tests.simulation.bus import Bus
from tests.simulation.clients import TRIES, Client
from tests.simulation.dynamodb import DynamoDb
from tests.simulation.lambdas import Functions, FunctionsClock
from tests.simulation.s3 import S3
from tests.simulation.storage import StoringPlane, without_video

Params = dict[str, Any]
Event = dict[str, Any]
TABLE, RECORDINGS, MEDIA = "showrunner", "recordings", "media"
LATENCY = (0.005, 0.03)  # seconds that a call takes
DELIVERY = (0.05, 0.5)  # seconds that an event takes
RETRY_AFTER = (60.0, 120.0)  # seconds until Lambda tries an event again
LIST_LAG = 1.0
GARBAGE = (50_000, 20, 100)  # objects until it is looked for: a world has many for a short time
METRICS = "aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch"
PARSE = cache(parse)  # of all worlds
Carry = Callable[[], Params]


class NoFaults:
    """What lies between the product and AWS when all is well; a plan of faults has these methods."""

    def attach(self, world: "World") -> None: ...

    def carry(self, where: str, call: str, tried: int, act: Carry) -> Params:
        return act()

    def invoke(self, where: str) -> InvokeOutcome | Literal["lost"] | None:
        return None

    def deliver(self, event: Event) -> list[float]:
        """After how many seconds the event comes: not at all, once or twice."""
        return [0.0]


class Engine(StepFunctions):
    """The engine, with a plan of faults between it and what it starts."""

    world: "World"

    def _start_child(self, run: Any, live: Any, command: StartChild) -> None:
        where = self.world.state_of(run, command.handle)
        fault = self.world.seen_call(where, "stepfunctions.StartExecution", lambda: self.world.plan.invoke(where))
        if fault is None or fault == "lost":
            super()._start_child(run, live, command)
        if fault == "lost":
            live.inbox.clear()
            fault = Refused("SdkClientException", "Unable to execute HTTP request", 500)
        if fault is not None:
            self._tell(run, command.handle, fault)


class KnownIvs(Ivs):
    """Remembers its secrets, so that one can look where they went."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keys_made: set[str] = set()
        self.most_of_a_name = 0  # of an owner's persistent channels, at once

    def create_channel(self, params: Params, caller: Any) -> Params:
        made = super().create_channel(params, caller)
        persistent = [each for each in self.channels.values() if SESSION not in each.tags]
        names = Counter((each.settings["name"], each.tags.get(OWNER)) for each in persistent)
        self.most_of_a_name = max(self.most_of_a_name, *names.values(), 0)
        return made

    def _new_key(self, *arguments: Any) -> Any:
        key = super()._new_key(*arguments)
        self.keys_made.add(key.value)
        return key


class KnownMediaLive(MediaLive):
    """Likewise."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.names_made: set[str] = set()

    def create_input(self, params: Params, caller: Any) -> Params:
        self.names_made |= {each["StreamName"].rpartition("/")[2] for each in params.get("Destinations", [])}
        return super().create_input(params, caller)


class Parameters:
    """Systems Manager's GetParameter."""

    def get_parameter(self, params: Params, caller: Any) -> Params:
        return {"Parameter": {"Name": params["Name"], "Value": f"https://{params['Name'].strip('/')}.example"}}


class Queue:
    """SQS's SendMessage, to the queue that rings for looks between two minutes."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def send_message(self, params: Params, caller: Any) -> Params:
        event = {"Records": [{"body": params["MessageBody"]}]}
        self._world.clock.call_later(params["DelaySeconds"], lambda: self._world._react(stack.looks(), event, 0))
        return {"MessageId": "1"}


class Environment(dict[str, str]):
    """All functions' in one, which is read ten times as fast as the real one; each may read what it has itself."""

    def __init__(self, world: "World", values: dict[str, str]) -> None:
        super().__init__(values)
        self._world = world

    def get(self, name: str, default: Any = None) -> Any:
        function = self._world.functions.running
        if function is not None and name.startswith(PREFIX) and name not in stack.variables_of(function.name):
            self._world.forbidden.add(f"{function.name} has no {name} in its environment")
        return super().get(name, default)


class World:
    """`plan`: which faults strike. `otherwise`: which of AWS's unknowns are taken the other way. `stores`: whether
    channels store their show, which they do not in a sandbox without video. `throttled`: MediaLive and IVS refuse more
    calls a second than AWS takes. `watched`: the streams of live shows are looked at, as they are on AWS; no show goes
    another way by that.
    """

    def __init__(
        self,
        seed: int = 1,
        plan: NoFaults | None = None,
        *,
        otherwise: frozenset[str] = frozenset(),
        timings: Timings = FAST,
        definitions: dict[str, str] | None = None,
        stores: bool = True,
        throttled: bool = False,
        watched: bool = False,
    ) -> None:

        self.chance = random.Random(seed)
        self.clock = VirtualClock()
        self.began = self.clock.time()
        self.functions = Functions(self.clock)
        self.plan = plan or NoFaults()
        self.plan.attach(self)
        self.table = DynamoDb(TABLE)
        self.s3 = S3([RECORDINGS, MEDIA], self.clock.time)
        self.s3.objects[MEDIA][SLATE_KEY] = b"a film"
        self.bus = Bus()
        self.events: list[Event] = []
        self.emitted: list[float] = []  # when each event was
        self.dead_letters: list[Event] = []
        self.forbidden: set[str] = set()  # what functions did that their policies, or environments, do not allow
        self.failures: list[tuple[str, Any]] = []  # of reactions to events
        self.kept: list[Event] = []  # events that a plan keeps for later
        self.unheard: set[str] = set()  # executions of whose end no event tells
        self.answers: list[Any] = []  # of the API, but for the ingest address
        self.log = StringIO()
        self.calls: Counter[tuple[str, str]] = Counter()
        place = {"account": stack.ACCOUNT, "region": stack.REGION}
        self.ivs = KnownIvs(self.clock, self._emit, randomness=self.chance, unknowns=unknowns.ivs(otherwise), **place)
        of_medialive = unknowns.medialive(otherwise)
        self.plane = StoringPlane(self.clock, self.ivs, waits_for_input=of_medialive.waits_for_input)
        if stores:
            self.plane.store_in(self.s3)
        self.ivs.disconnect = self.plane.disconnect
        self.medialive = KnownMediaLive(
            self.clock, self._emit, self.plane, timings=timings, unknowns=of_medialive, list_lag=LIST_LAG, **place
        )
        self.ivs.throttled = self.medialive.throttled = throttled
        self.machines = {
            stack.machine_arn(name): MachineInfo(stack.machine_arn(name).split(":")[-1], text, "role")
            for name, text in (definitions or stack.definitions()).items()
        }
        self.engine = Engine(
            clock=self.clock,
            emit=self._emit,
            machines=lambda arn: self.machines.get(arn),
            invoke=self._invoke,
            random=self.chance,
            **place,
        )
        self.engine.world, self.engine._parse = self, PARSE
        self._services = {
            "medialive": self.medialive,
            "ivs": self.ivs,
            "service-quotas": ServiceQuotas(self.medialive, self.ivs, **place),
            "stepfunctions": self.engine,
            "dynamodb": self.table,
            "s3": self.s3,
            "events": self.bus,
            "ssm": Parameters(),
            "sqs": Queue(self),
        }
        group = {"WhitelistRules": [{"Cidr": "10.0.0.0/8"}]}
        made = self.medialive.create_input_security_group(group, None)["SecurityGroup"]["Id"]  # type: ignore[arg-type]
        buckets = {"Recordings": RECORDINGS, "Media": MEDIA, "MediaLiveRole.Arn": "arn:aws:iam::123456789012:role/ml"}
        self.environment = stack.environment(buckets, made)
        for rule in (*stack.rules(), *([stack.looks()] if watched else [])):
            if rule.every is not None:
                self._schedule(rule)

    # -- time

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def until(self, so: Callable[[], Any], seconds: float, step: float = 1.0) -> bool:
        """Let time pass until it is so, at most so many seconds; whether it is."""
        end = self.clock.time() + seconds
        while not so():
            if self.clock.time() >= end:
                return False
            self.clock.advance(step)
        return True

    # -- the API

    def begin(
        self, method: str, path: str, body: Any, sub: str, done: Callable[[int, Any], None], **headers: str
    ) -> None:
        """Send a request; `done` is told (status, body) when the answer is there. 502: the function broke."""
        resource, parameters = route(path)
        event = {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": resource,
                "path": path,
                "authorizer": {"claims": {"sub": sub}},
            },
            "pathParameters": parameters,
            "multiValueQueryStringParameters": {},
            "headers": {"content-type": "application/json", **headers},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "stageVariables": None,
        }

        def answered(outcome: InvokeOutcome) -> None:
            if isinstance(outcome, Raised):
                status, said = 502, outcome.error
            else:
                answer: Any = outcome[0]
                status, said = answer["statusCode"], json.loads(answer["body"])
            if not path.endswith("/ingest"):
                self.answers.append(said)
            done(status, said)

        name = f"api/{method} {resource}"
        self._run("api_handler", name, lambda: product.app(event, None), answered)

    def call(self, method: str, path: str, body: Any = None, sub: str = "ann", **headers: str) -> tuple[int, Any]:
        """Send a request, and let time pass until it is answered."""
        answers: list[tuple[int, Any]] = []
        self.begin(method, path, body, sub, lambda status, said: answers.append((status, said)), **headers)
        assert self.until(lambda: answers, 60, 0.01)
        return answers[0]

    # -- how it stands, without a call

    def item(self, pk: str, sk: str) -> Params:
        return self.table.partitions.get(pk, {}).get(sk, {})

    def state(self, session_id: str) -> str:
        return str(self.item(f"SESSION#{session_id}", "META").get("state", {}).get("S", ""))

    def executions(self, machine: str, status: str | None = None) -> list[Any]:
        runs = self.engine._of_machine.get(stack.machine_arn(machine), [])
        return [run for run in runs if status in (None, run.status)]

    @property
    def quiet(self) -> bool:
        """No execution runs but the sweeper's, and nothing is left to be swept."""
        if any(run.status == "RUNNING" and "-sweep" not in run.machine.name for run in self.engine._runs.values()):
            return False
        if any("open" in item for item in self.table.items()):
            return False
        if any(item["pk"]["S"].startswith("COSTS#") and item["rate"]["N"] != "0" for item in self.table.items()):
            return False
        theirs = [*self.medialive.channels.values(), *self.medialive.inputs.values()]
        return all(each.state == "DELETED" for each in theirs) and not self.made_outputs()

    def made_outputs(self) -> list[Any]:
        """The IVS channels that the product has made."""
        return [channel for channel in self.ivs.channels.values() if channel.settings["name"] != "standing"]

    def history(self) -> str:
        """All that has happened: what executions did, what was announced, and what the table holds."""
        runs = [[run.name, run.status, run.history._events] for run in self.engine._runs.values()]
        rows = sorted(self.table.items(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
        return json.dumps([runs, self.events, rows, self.bus.entries, self.dead_letters])

    def secrets(self) -> set[str]:
        """Every stream key and stream name that there was."""
        return self.ivs.keys_made | self.medialive.names_made

    def visited(self, run: Any) -> list[str]:
        """The states of an execution in the order they were entered."""
        entered = (details for _, kind, _, details in run.history._events if kind.endswith("StateEntered") and details)
        return [details["name"] for details in entered]

    def states(self) -> set[str]:
        """`session/Plan`: those that any execution has visited."""
        runs = self.engine._runs.values()
        return {f"{run.machine.name.rpartition('-')[2]}/{state}" for run in runs for state in self.visited(run)}

    def state_of(self, run: Any, handle: int) -> str:
        """`session/Plan`: the state that waits by a handle."""
        machine = run.machine.name.rpartition("-")[2]
        return f"{machine}/{run.live.execution._waiting[handle].state.name}"

    # -- what AWS does

    def client(self, service: str, once: bool = False) -> Any:
        return Client(service, self._services[service], self, self.chance, 1 if once else TRIES)

    def line(self, service: str, operation: str, params: Params, tried: int, act: Carry) -> Params:
        function = self.functions.running
        if function is None:
            return act()
        if function.over:
            self.functions.kill(function)
        call = f"{service}.{operation}"
        for action in stack.forbidden(function.name, service, operation, params):
            self.forbidden.add(f"{function.name} may not {action}")
        self.functions.give_way(self.chance.uniform(*LATENCY))
        return self.seen_call(function.where, call, lambda: self.plan.carry(function.where, call, tried, act))

    def seen_call(self, where: str, call: str, act: Callable[[], Any]) -> Any:
        self.calls[where, call] += 1
        return act()

    def pause(self, seconds: float) -> None:
        self.functions.give_way(seconds)

    def _invoke(self, function: str, payload: Any, role: str, done: Any) -> None:
        run, handle = done.args
        where = self.state_of(run, handle)
        fault = self.seen_call(where, "lambda.Invoke", lambda: self.plan.invoke(where))
        tell: Callable[[InvokeOutcome], None] = done
        if fault == "lost":
            tell = lambda _: done(Refused("SdkClientException", "The connection ended without an answer", 500))  # noqa: E731
        elif fault is not None:
            self.clock.call_later(0.05, lambda: done(fault))
            return
        context = SimpleNamespace(aws_request_id=f"{self.chance.getrandbits(64):016x}")
        handler = stack.handler_of(function)
        self._run(function, where, lambda: handler(payload, context), tell)

    def _emit(self, source: str, detail_type: str, detail: Event, resources: list[str]) -> None:
        if detail.get("executionArn") in self.unheard:
            return
        event = {
            "version": "0",
            "id": f"{self.chance.getrandbits(64):016x}",
            "source": source,
            "detail-type": detail_type,
            "detail": detail,
            "resources": resources,
            "time": f"{datetime.fromtimestamp(self.clock.time(), UTC):%Y-%m-%dT%H:%M:%SZ}",
            "account": stack.ACCOUNT,
            "region": stack.REGION,
        }
        self.events.append(event)
        self.emitted.append(self.clock.time())
        for later in self.plan.deliver(event):
            self.clock.call_later(later + self.chance.uniform(*DELIVERY), lambda: self.deliver(event))

    def deliver(self, event: Event) -> None:
        """Hand an event to whoever's rule it matches."""
        for rule in stack.rules():
            if rule.pattern is not None and stack.matches(rule.pattern, event):
                self._react(rule, event, 0)

    def _schedule(self, rule: stack.Rule) -> None:
        assert rule.every is not None
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "resources": [], "id": "1"}
        for key in ("version", "time", "region", "account"):
            event[key] = ""

        def ring() -> None:
            if rule.machine is None:
                self._react(rule, event, 0)
            else:
                self.engine.start_execution({"stateMachineArn": rule.machine, "input": rule.input}, None)
            self.clock.call_later(rule.every or 0, ring)

        self.clock.call_later(rule.every, ring)

    def _react(self, rule: stack.Rule, event: Event, tried: int) -> None:
        def done(outcome: InvokeOutcome) -> None:
            if not isinstance(outcome, Raised):
                return
            self.failures.append((rule.function, outcome.error))
            if tried < rule.retries:
                self.clock.call_later(RETRY_AFTER[tried], lambda: self._react(rule, event, tried + 1))
            else:
                self.dead_letters.append({"function": rule.function, "event": event, "error": outcome.error})

        handler = stack.handler_of(rule.function)
        self._run(rule.function, f"event/{rule.function}", lambda: handler(event, None), done)

    def _run(self, name: str, where: str, work: Callable[[], Any], done: Callable[[InvokeOutcome], None]) -> None:
        self.functions.run(name, where, stack.seconds_of(name), work, done)


ROUTES = sorted(product.app.routes)


def route(path: str) -> tuple[str, dict[str, str]]:
    """The API's resource for a path, and the path's parameters."""
    given = path.split("/")
    for resource in ROUTES:
        wanted = resource.split("/")
        if len(wanted) == len(given) and all(w == g or w[:1] == "{" for w, g in zip(wanted, given, strict=True)):
            return resource, {w[1:-1]: g for w, g in zip(wanted, given, strict=True) if w[:1] == "{"}
    raise LookupError(path)


@contextmanager
def lived(seed: int = 1, plan: NoFaults | None = None, **options: Any) -> Iterator[World]:
    """A world, while the product goes by its clock and its clients; what still runs at the end is ended."""
    world = World(seed, plan, **options)
    uncertain = random.Random(f"{seed}, of names")  # of names and secrets; nothing that happens depends on them
    collecting = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    handler = logging.StreamHandler(world.log)
    observability.logger()  # makes its own handler first
    logger = logging.getLogger("showrunner")
    before = logger.handlers
    logger.handlers = [handler]
    random.seed(seed)
    aws.use(world.client)
    cdn._parameter.cache_clear()
    clock.use(FunctionsClock(world.functions))
    try:
        with (
            patch("os.environ", Environment(world, {**os.environ, **world.environment})),
            patch("os.urandom", uncertain.randbytes),
            patch("random._urandom", uncertain.randbytes),
            patch(f"{METRICS}.print", lambda text: print(text, file=world.log), create=True),  # Lambda's log
            without_video(),
        ):
            yield world
    finally:
        world.functions.close()
        gc.set_threshold(*collecting)
        aws.use()
        clock.use()
        logger.handlers = before


__all__ = ["AwsError", "NoFaults", "World", "lived"]
