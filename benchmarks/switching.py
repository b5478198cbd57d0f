"""How soon a source is on air: `python -m benchmarks.switching [SWITCHES]`, 30 of each kind if not told.

A show with video goes to and fro between two sources, by `take` of the API and, as the baseline, by MediaLive's own
BatchUpdateSchedule in the same run. What is measured is the time from the call until PipelineDetails names the action;
the baseline is the sandbox's own delay, with its call and its encoder. Goal: p95 300 ms over the baseline's median.
"""

import itertools
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.server import Sandbox
from showrunner.cli.client import Client
from showrunner.cli.connection import connect

SESSION = "bench"
LOOK = 0.005  # seconds
REST = 0.3  # seconds between two switches


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def live(client: Client) -> None:
    """Begins with the slate, so that nobody needs to publish."""
    client.create({"id": SESSION, "profile": "360p30", "sources": [{"name": "host"}, {"name": "callers"}]})
    client.start(SESSION, hold=True)
    while client.session(SESSION)["state"] != "live":
        time.sleep(0.2)


def main(switches: int) -> None:
    with Sandbox(media=True, throttled=False) as sandbox:
        client = connect({name: value for name, value in sandbox.env.items() if name != "SHOWRUNNER_TOKEN"})
        medialive: Any = sandbox.session().client("medialive", endpoint_url=sandbox.url)
        live(client)
        (channel,) = medialive.list_channels()["Channels"]

        def by_api(source: str) -> str:
            action: str = client.take(SESSION, source)["action"]
            return action

        def by_medialive(source: str) -> str:
            action = {
                "ActionName": f"bench-{uuid.uuid4().hex}",
                "ScheduleActionStartSettings": {"ImmediateModeScheduleActionStartSettings": {}},
                "ScheduleActionSettings": {"InputSwitchSettings": {"InputAttachmentNameReference": source}},
            }
            medialive.batch_update_schedule(ChannelId=channel["Id"], Creates={"ScheduleActions": [action]})
            return action["ActionName"]

        def seconds(ask: Callable[[str], str], source: str) -> float:
            began = time.perf_counter()
            action = ask(source)
            while True:
                (pipeline,) = medialive.describe_channel(ChannelId=channel["Id"])["PipelineDetails"]
                if pipeline["ActiveInputSwitchActionName"] == action:
                    return time.perf_counter() - began
                time.sleep(LOOK)

        took: dict[Callable[[str], str], list[float]] = {by_api: [], by_medialive: []}
        pairs = [(ask, source) for source in ("host", "callers") for ask in took]
        for ask, source in itertools.islice(itertools.cycle(pairs), 2 * switches):
            took[ask].append(seconds(ask, source))
            time.sleep(REST)
    product, baseline = took.values()
    for name, values in (("take, by the API", product), ("BatchUpdateSchedule", baseline)):
        print(f"{name:>20}: median {statistics.median(values) * 1000:4.0f} ms, p95 {p95(values) * 1000:4.0f} ms")
    over = p95(product) - statistics.median(baseline)
    print(
        f"p95 of take over the median of the baseline: {over * 1000:.0f} ms, {p95(product) / p95(baseline):.1f} times"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
