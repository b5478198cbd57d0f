"""The shows that faults strike: each made by a person who presses again when something broke, and then gives up."""

from collections.abc import Callable
from typing import Any

from showrunner import aws
from tests.simulation.scenarios import TWO
from tests.simulation.world import RECORDINGS, TABLE, World

SHOW = "show"
ANN = "ann"
PATIENCE = 3600.0
PRESSES = 30
LATE = "late/instance"  # where nobody will publish to
AGAIN = ("twice", "again_after_trouble")  # that are started a second time, and then get the events that were kept
TROUBLED = ("stopped_by_a_stranger", "nothing_stored", "crashed", "forgotten")  # that end badly without any fault
LIVES: dict[str, Callable[["Person"], None]] = {}


def life(live: Callable[["Person"], None]) -> Callable[["Person"], None]:
    LIVES[live.__name__] = live
    return live


class Person:
    """Makes one show, `show`. What the API refuses for a reason is taken as it is; what broke is pressed again.

    `over`: when it was to end, by a press or by what happened to it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.over: float | None = None

    def press(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, said = 0, None
        for _ in range(PRESSES):
            status, said = self.world.call(method, path, body, ANN)
            if status < 500:
                break
            self.world.advance(60)
        return status, said

    def create(self, **wish: Any) -> None:
        self.press("POST", "/sessions", {"id": SHOW, "profile": "360p30", **wish})

    def channel(self) -> str | None:
        """The ARN of an IVS channel of her own that stands, None where it is refused."""
        status, made = self.press("POST", "/channels", {"name": "standing"})
        return None if status >= 400 else made["channel"]["arn"]

    def button(self, name: str, /, **body: Any) -> int:
        return self.press("POST", f"/sessions/{SHOW}/{name}", body)[0]

    def until(self, *states: str) -> bool:
        """Wait until the session is in one of `states`; False when it has ended instead, or never comes there."""
        resting = ("ended", "failed")
        self.world.until(lambda: self.world.state(SHOW) in (*states, *resting), PATIENCE, 0.5)
        return self.world.state(SHOW) in states

    def attempt(self) -> dict[str, Any]:
        number = int(self.world.item(f"SESSION#{SHOW}", "META").get("attempt", {"N": "0"})["N"])
        return self.world.item(f"SESSION#{SHOW}", f"ATTEMPT#{number:06d}")

    def stop(self) -> None:
        self.button("streaming/stop")
        self.ends()
        self.until("ended")

    def ends(self) -> None:
        self.over = self.over or self.world.clock.time()

    def crash(self, machine: str) -> None:
        """Its executions are gone, and the event of that is lost."""
        for run in self.world.executions(machine, "RUNNING"):
            self.world.unheard.add(run.arn)
            self.world.engine.stop_execution({"executionArn": run.arn}, None)


@life
def evening(person: Person) -> None:
    """Prepared, started, recorded twice at once, switched, stopped."""
    person.create(sources=TWO)
    person.button("streaming/prepare")
    if person.until("ready"):
        person.button("streaming/start")
    if person.until("live"):
        person.button("recording/start", name="clip")
        person.world.advance(5)
        person.button("source", source="callers")
        person.world.advance(5)
        person.button("recording/stop", name="clip")
        person.world.advance(5)
    person.stop()


@life
def borrowed(person: Person) -> None:
    """On a standing IVS channel, begun with the slate, recorded by hand; only what was recorded is kept."""
    arn = person.channel()
    if arn is None:
        return
    person.create(record="manual", output={"channel_arn": arn})
    person.button("streaming/start", hold=True)
    if person.until("live"):
        person.world.advance(3)
        person.button("source", source="host")
        person.button("recording/start", name="clip")
        person.world.advance(7)
        person.button("panic")
        person.button("recording/stop", name="clip")
        person.world.advance(8)
        recordings = person.press("GET", f"/sessions/{SHOW}/recordings")[1]["recordings"]
        if recordings:
            person.press("DELETE", f"/recordings/{recordings[0]['id']}")
    person.stop()
    person.press("DELETE", f"/channels/{arn.rpartition('/')[2]}")


@life
def without_picture(person: Person) -> None:
    """The host's picture is lost while live: the show goes to the slate by itself."""
    person.create(record="off")
    person.button("streaming/start")
    if person.until("live"):
        person.world.advance(5)
        for encoder in list(person.world.plane.running.values()):
            encoder.alert("1", "Video Not Detected", "No video")
        person.world.advance(40)
    person.stop()


@life
def stopped_by_a_stranger(person: Person) -> None:
    """Somebody stops the channel, and has deleted a piece of what was stored."""
    person.create()
    person.button("streaming/start")
    if person.until("live"):
        person.world.advance(12)
        person.world.s3.before_read(RECORDINGS, f"{SHOW}/1/")
        stored = person.world.s3.objects[RECORDINGS]
        segments = [key for key in sorted(stored) if key.endswith(".ts")]
        for key in segments[1:2]:
            del stored[key]
        for channel in list(person.world.plane.running):
            aws.medialive().stop_channel(ChannelId=channel)
        person.ends()
    person.until("failed")
    person.stop()


@life
def nothing_stored(person: Person) -> None:
    """Somebody empties the bucket before what was recorded is published."""
    person.create()
    person.button("streaming/start")
    if person.until("live"):
        person.world.advance(8)
        person.world.s3.before_read = lambda *_: person.world.s3.objects[RECORDINGS].clear()
    person.stop()


@life
def twice(person: Person) -> None:
    """Started again after its end; events that were kept come then."""
    person.create(record="off")
    for _ in range(2):
        person.button("streaming/start")
        if person.until("live"):
            for event in person.world.kept:
                person.world.deliver(event)
            person.world.kept.clear()
            person.world.advance(20)
        person.stop()


@life
def again_after_trouble(person: Person) -> None:
    """It loses its picture, and its execution to a stranger; started again, events that were kept come then."""
    person.create(record="off")
    for first in (True, False):
        person.button("streaming/start")
        if person.until("live"):
            for event in person.world.kept:
                person.world.deliver(event)
            person.world.kept.clear()
            person.world.advance(5)
            if first:
                for encoder in list(person.world.plane.running.values()):
                    encoder.alert("1", "Video Not Detected", "No video")
                person.world.advance(5)
                for run in person.world.executions("session", "RUNNING"):
                    person.world.engine.stop_execution({"executionArn": run.arn}, None)
                person.until("failed")
            person.world.advance(15)
        person.stop()


@life
def left_alone(person: Person) -> None:
    """Nobody stops it, it ends by its own limit."""
    person.create(record="auto", limits={"live_seconds": 60})
    person.button("streaming/start")
    if person.until("live"):
        person.world.advance(60)
        person.ends()
    person.until("ended")


@life
def interrupted(person: Person) -> None:
    """IVS loses the stream, which comes back; the encoder dies, and another goes on; recorded all the while."""
    person.create(record="auto", sources=TWO)
    person.button("streaming/start")
    if person.until("live"):
        world = person.world
        world.advance(6)
        world.ivs.may_start = lambda _: False
        world.plane.disconnect(person.attempt()["ivs_channel_arn"]["S"])
        world.advance(15)
        world.ivs.may_start = lambda _: True
        world.ivs.look()
        world.advance(15)
        for channel in list(world.plane.running):
            world.plane.kill(channel, "killed")
        world.advance(30)
    person.stop()


@life
def deleted(person: Person) -> None:
    """Deleted while it is live and recorded."""
    person.create()
    person.button("streaming/start")
    if person.until("live"):
        person.world.advance(8)
        person.press("DELETE", f"/sessions/{SHOW}")
        person.ends()
    person.until("ended")
    person.press("DELETE", f"/sessions/{SHOW}")


@life
def used_up(person: Person) -> None:
    """Nobody stops it, it ends when its budget is used up."""
    person.create(record="off", profile="1080p30", budget={"dollars": 1, "stop": True})
    person.button("streaming/start")
    if person.until("live"):
        person.until("stopping")
        person.ends()
    person.until("ended")


@life
def crashed(person: Person) -> None:
    """Its execution is gone while it is live, and its archive's; what a function did late comes behind its cleanup."""
    arn = person.channel()
    if arn is None:
        return
    person.create(output={"channel_arn": arn})
    person.button("streaming/start")
    late: list[dict[str, dict[str, str]]] = []
    if person.until("live"):
        person.world.advance(9)
        late = [row for row in person.world.table.items() if row["sk"]["S"].startswith(("WAIT#", "LEASE"))]
        person.crash("session")
    person.until("failed")
    person.crash("archive")
    for row in late:
        aws.dynamodb().put_item(TableName=TABLE, Item=row)
    pushed = [each for each in person.world.medialive.inputs.values() if each.type == "RTMP_PUSH" and late]
    for each in pushed:
        wish = {"Name": each.name, "Type": each.type, "Tags": each.tags, "InputSecurityGroups": each.security_groups}
        aws.medialive().create_input(**wish, Destinations=[{"StreamName": LATE}])
    person.ends()
    person.world.until(lambda: person.world.quiet, PATIENCE, 5)
    person.press("DELETE", f"/channels/{arn.rpartition('/')[2]}")


@life
def forgotten(person: Person) -> None:
    """The table has lost it, and an upload of its film is open."""
    person.create(record="off")
    person.button("streaming/start")
    if person.until("live"):
        person.world.advance(3)
        for run in person.world.executions("session", "RUNNING"):
            person.world.engine.stop_execution({"executionArn": run.arn}, None)
        partitions = person.world.table.partitions
        del partitions[f"SESSION#{SHOW}"]
        person.world.s3.begin_upload(RECORDINGS, f"{SHOW}/1/recordings/1/film.mp4", before=2 * 3600.0)
        person.ends()
