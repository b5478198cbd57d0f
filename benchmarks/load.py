"""Many shows at once, without video: `python -m benchmarks.load [SESSIONS]`, 200 if not told.

Each session is made, goes live on the slate, and is stopped as soon as it is live, all at the same time, MediaLive and
IVS refusing more calls a second than AWS does. Told: the time to all live and to all ended, refusals, calls a second
against the limit, the API's latency meanwhile as a ratio of the same calls before, and memory. Fails unless nothing is
left. The latency is this machine's, whose cores run the functions of all the shows; on AWS each function has its own.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np

from benchmarks.sandbox import resident
from sandbox.ivs import limits
from sandbox.medialive.service import CALLS_A_SECOND
from sandbox.server import Sandbox

LOOK = 2.0  # seconds between two looks at a session, as the page has it
CLIENTS = 16
PATIENCE = 1800.0  # seconds


class Studios:
    """The users of one API. `took`: milliseconds of every call that was answered."""

    def __init__(self, aws: Sandbox) -> None:
        pool = httpx.Limits(max_connections=CLIENTS)
        headers = {"Authorization": f"Bearer {aws.env['SHOWRUNNER_TOKEN']}"}
        self._http = httpx.Client(base_url=aws.env["SHOWRUNNER_API_URL"], headers=headers, timeout=60, limits=pool)
        self.took: list[float] = []
        self.refused = 0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        while True:
            began = time.perf_counter()
            answer = self._http.request(method, path, json=body)
            self.took.append((time.perf_counter() - began) * 1000)
            if answer.status_code not in (429, 503):
                return answer.raise_for_status().json()
            self.refused += 1
            time.sleep(LOOK)

    def start(self, session_id: str) -> None:
        self.call("POST", "/sessions", {"id": session_id, "profile": "360p30"})
        self.call("POST", f"/sessions/{session_id}/streaming/start", {"hold": True})

    def follow(self, session_ids: list[str], state: str, pool: ThreadPoolExecutor) -> float:
        """Seconds until all are in that state."""
        began, left = time.monotonic(), session_ids
        while left:
            assert time.monotonic() - began < PATIENCE, f"{len(left)} sessions are not {state}: {left[:5]}"
            seen = list(pool.map(lambda each: self.call("GET", f"/sessions/{each}"), left))
            failed = [each for each in seen if each["state"] == "failed"]
            assert not failed, failed[0]["reason"]
            left = [each["id"] for each in seen if each["state"] != state]
            time.sleep(LOOK)
        return time.monotonic() - began


def peak(pid: int, over: threading.Event, seen: list[float]) -> None:
    while not over.wait(1.0):
        seen.append(resident(pid))


def main(count: int) -> None:
    quotas = {"channels": count, "push_inputs": count, "pull_inputs": count, "ivs.streams": count}
    with Sandbox(media=False, quotas=quotas) as aws, ThreadPoolExecutor(CLIENTS) as pool:
        studios = Studios(aws)
        over, memory = threading.Event(), [resident(aws.pid)]
        watcher = threading.Thread(target=peak, args=(aws.pid, over, memory))
        watcher.start()
        names = [f"load-{number}" for number in range(count)]
        studios.call("POST", "/sessions", {"id": "alone"})
        for _ in range(100):
            studios.call("GET", "/sessions/alone")
        alone, studios.took = np.percentile(studios.took, [50, 99]), []
        began = time.monotonic()
        list(pool.map(studios.start, names))
        asked = time.monotonic() - began
        live = asked + studios.follow(names, "live", pool)
        list(pool.map(lambda each: studios.call("POST", f"/sessions/{each}/streaming/stop"), names))
        ended = studios.follow(names, "ended", pool)
        took = time.monotonic() - began
        over.set()
        watcher.join()
        left = httpx.get(f"{aws.url}/_sandbox/status").json()
        assert not left["channels"], left["channels"]
        assert not left["inputs"], left["inputs"]
        assert not left["ivs_channels"], left["ivs_channels"]
    together = np.percentile(studios.took, [50, 99])
    print(
        f"{count} sessions: all asked for in {asked:.0f} s, all live after {live:.0f} s, all ended {ended:.0f} s later"
    )
    print(f"nothing is left; the API refused {studios.refused} of {len(studios.took)} calls")
    for service, limit in (("medialive", f"{CALLS_A_SECOND} in all"), ("ivs", f"{limits.CALLS} of most operations")):
        taken, throttled = (left["calls"][service].get(what, 0) for what in ("taken", "throttled"))
        print(f"{service}: {taken / took:.1f} calls a second (it takes {limit}); {throttled} more were too many")
    ratio = together / alone
    print(f"GET and POST: p50 {ratio[0]:.1f}, p99 {ratio[1]:.1f} times those of one user alone")
    print(f"memory of the sandbox: {memory[0]:.0f} MB before, {max(memory):.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
