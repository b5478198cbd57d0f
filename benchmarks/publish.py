"""How soon a window is published: `python -m benchmarks.publish [MINUTES [MBIT]]`, 10 minutes at 5 Mbit/s if not told.

The real stack in a sandbox without video, whose store holds a show of 2 s segments in 720p; a recording reaches back
over the window, is stopped, and is looked at until it is published: cut, copied into a film, looked at, announced. Once
with a cold function, once with a warm one, and once with its ends trimmed. Goal: 5 s and a hundredth of its length.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.recorder import SEGMENT_SECONDS, segment
from sandbox.server import Sandbox
from showrunner.cli.client import Client
from showrunner.cli.connection import connect
from showrunner.session import isotime

LOOK = 0.1  # seconds
MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1100000\nindex_360p30.m3u8\n"


def show(seconds: float, data: bytes) -> dict[str, bytes]:
    """File name -> content: a show that began so long ago and 10 s, and goes on for half a minute."""
    began = datetime.now(UTC) - timedelta(seconds=seconds + 10)
    lines = ["#EXTM3U", "#EXT-X-VERSION:4", f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}"]
    files = {}
    for number in range(round((seconds + 40) / SEGMENT_SECONDS)):
        name = f"index_360p30_{number:05d}.ts"
        date = isotime(began + timedelta(seconds=number * SEGMENT_SECONDS))
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date}", f"#EXTINF:{SEGMENT_SECONDS:.5f},", name]
        files[name] = data
    return {**files, "index_360p30.m3u8": "\n".join([*lines, ""]).encode(), "index.m3u8": MASTER}


def published(client: Client, recording_id: str) -> dict[str, Any]:
    while True:
        recording = client.recording(recording_id)
        if recording["state"] in ("published", "failed"):
            return recording
        time.sleep(LOOK)


def states(client: Client, session_id: str, execution: str) -> str:
    """How long each state took."""
    found = []
    for state in client.history(session_id, execution)["states"]:
        if state["left_at"] and state["type"] == "Task":
            ends = [datetime.fromisoformat(state[each]) for each in ("entered_at", "left_at")]
            found.append(f"{state['name']} {(ends[1] - ends[0]).total_seconds():.1f} s")
    return ", ".join(found)


def main(minutes: float, mbit: float) -> None:
    data = segment(mbit)
    with Sandbox(media=False, timings="brief") as sandbox:
        client = connect({name: value for name, value in sandbox.env.items() if name != "SHOWRUNNER_TOKEN"})
        s3 = sandbox.session().client("s3", endpoint_url=sandbox.url)
        (bucket,) = [each["Name"] for each in s3.list_buckets()["Buckets"] if "recordings" in each["Name"]]
        for what, privacy in (("cold", "keep"), ("warm", "keep"), ("trimmed", "trim")):
            session_id = f"bench-{what}"
            client.create({"id": session_id, "profile": "360p30", "record": "manual", "privacy": privacy})
            client.start(session_id)
            while client.session(session_id)["state"] != "live":
                time.sleep(LOOK)
            for name, content in show(minutes * 60, data).items():
                s3.put_object(Bucket=bucket, Key=f"{session_id}/1/{name}", Body=content)
            client.start_recording(session_id, since=round(minutes * 60))
            began = time.monotonic()
            client.stop_recording(session_id)
            recording = published(client, f"{session_id}-1-1")
            took = time.monotonic() - began
            film = recording["film"]
            found = f"{film['seconds']:.1f} s, {film['size'] / 1e6:.0f} MB" if film else str(recording["film_failure"])
            print(f"{what}: published after {took:.1f} s (goal {5 + minutes * 0.6:.1f} s): {found}", flush=True)
            print(f"      {states(client, session_id, recording['id'])}", flush=True)
            client.stop(session_id)
            client.delete_recording(recording["id"])


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:]]
    main(*(*given, *(10.0, 5.0)[len(given) :]))
