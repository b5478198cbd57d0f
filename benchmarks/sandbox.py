"""What the sandbox weighs without video: `python -m benchmarks.sandbox`.

A process with 200 channels of the product's settings that run, each with inputs and an IVS channel of its own: its
resident memory (goal: below 300 MB), and the CPU that it uses while nobody asks for anything, empty, with the channels,
and with the stack (goal: below 3 % of a core). Besides, ten thousand channels in virtual time, without a socket, from
their creation to their end: seconds of CPU, and changes of state.
"""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from sandbox.awsapi import Caller
from sandbox.clock import VirtualClock
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive
from sandbox.server import Sandbox
from showrunner.channel import channel_request
from showrunner.session import SLATE, Session, Source

CHANNELS, IDLE, MANY = 200, 20.0, 10_000
CALLER = Caller("AKIAEXAMPLE", "000000000000", "us-east-1")
ROOM = dict.fromkeys(("channels", "push_inputs", "pull_inputs", "ivs.streams"), 10 * CHANNELS)
SESSION = Session(id="bench", owner="bench", profile="1080p30", sources=[Source("host")])


def inputs(group: str) -> dict[str, dict[str, Any]]:
    """The product's CreateInputs, by the names of the attachments."""
    push = {"Type": "RTMP_PUSH", "InputSecurityGroups": [group], "Destinations": [{"StreamName": "live/bench"}]}
    file = {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://media/slate.mp4"}]}
    return {"host": {"Name": "host", **push}, SLATE: {"Name": SLATE, **file}}


def request(made: dict[str, Any], attached: dict[str, str]) -> dict[str, Any]:
    """The product's CreateChannel, from inputs to an IVS channel."""
    asked = channel_request(
        SESSION,
        name="bench",
        tags={},
        role_arn="arn:aws:iam::000000000000:role/medialive",
        inputs=attached,
        ingest_endpoint=made["channel"]["ingestEndpoint"],
        stream_key=made["streamKey"]["value"],
        sound=SESSION.sound,
        recordings="recordings/bench/1",
    )
    return {name: value for name, value in asked.items() if name != "RequestId"}


def fill(aws: Sandbox, count: int) -> None:
    """Make channels and have them run."""
    medialive, ivs = (aws.session().client(name, endpoint_url=aws.url) for name in ("medialive", "ivs"))
    group = medialive.create_input_security_group(WhitelistRules=[{"Cidr": "0.0.0.0/0"}])["SecurityGroup"]["Id"]
    ids = []
    for _ in range(count):
        attached = {name: medialive.create_input(**each)["Input"]["Id"] for name, each in inputs(group).items()}
        asked = request(ivs.create_channel(name="bench"), attached)
        ids.append(medialive.create_channel(**asked)["Channel"]["Id"])
    for channel_id in ids:
        medialive.get_waiter("channel_created").wait(ChannelId=channel_id, WaiterConfig={"Delay": 1})
        medialive.start_channel(ChannelId=channel_id)
    for channel_id in ids:
        medialive.get_waiter("channel_running").wait(ChannelId=channel_id, WaiterConfig={"Delay": 1})


def resident(pid: int) -> float:
    """The memory of a process in MB."""
    return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout) / 1024


def used(pid: int) -> float:
    """The CPU seconds of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_share(pid: int) -> float:
    """Of a core, while nothing is asked for."""
    before, began = used(pid), time.monotonic()
    time.sleep(IDLE)
    return (used(pid) - before) / (time.monotonic() - began)


def virtual(count: int) -> tuple[float, int]:
    """Seconds of CPU and changes of state of so many channels' lives."""
    clock, changes = VirtualClock(), 0

    def emit(source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        nonlocal changes
        changes += detail_type == "MediaLive Channel State Change"

    ivs = Ivs(clock, emit)
    medialive = MediaLive(clock, emit, SimulatedPlane(clock, ivs))
    group = medialive.create_input_security_group({}, CALLER)["SecurityGroup"]["Id"]
    requests = []
    for _ in range(count):
        made = inputs(group).items()
        attached = {name: medialive.create_input(each, CALLER)["Input"]["Id"] for name, each in made}
        requests.append(request(ivs.create_channel({"name": "bench"}, CALLER), attached))
    began = time.process_time()
    ids = [medialive.create_channel(asked, CALLER)["Channel"]["Id"] for asked in requests]
    for act in (medialive.start_channel, medialive.stop_channel, medialive.delete_channel):
        clock.advance(10)
        for channel_id in ids:
            act({"ChannelId": channel_id}, CALLER)
    clock.run()
    return time.process_time() - began, changes


def main() -> None:
    with Sandbox(media=False, stack=False, timings="brief", throttled=False, quotas=ROOM) as aws:
        empty = resident(aws.pid)
        share = idle_share(aws.pid)
        fill(aws, CHANNELS)
        full = resident(aws.pid)
        busy = idle_share(aws.pid)
    with Sandbox(media=False) as aws:
        stack, deployed = resident(aws.pid), idle_share(aws.pid)
    print(f"with the stack in it: {stack:.0f} MB, {deployed:.1%} of a core while idle (goal: below 3 %)")
    print(f"empty: {empty:.0f} MB, {share:.1%} of a core while idle (goal: below 3 %)")
    print(f"{CHANNELS} channels that run: {full:.0f} MB (goal: below 300), {busy:.1%} of a core while idle")
    seconds, changes = virtual(MANY)
    rate = changes / seconds
    print(f"{MANY} channels in virtual time: {changes} changes of state in {seconds:.1f} s, {rate:.0f} a second")


if __name__ == "__main__":
    main()
