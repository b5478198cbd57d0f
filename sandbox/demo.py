"""`python -m sandbox demo`: one whole show with real video, through the stack as AWS would run it.

Every line with a tick is something that was seen, not something that was done. The first thing that is not
as it must be ends the demo, and tells what was expected, what was seen, and where the log is.
"""

import argparse
import contextlib
import io
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.slate import COLOR
from infra.studio import is_built
from sandbox.checklist import LOOK_SECONDS, Checklist, NotSeen
from sandbox.server import Sandbox
from sandbox.users import sign_in_to_studio
from showrunner.cli.client import Client, Json
from showrunner.cli.connection import connect
from showrunner.cli.errors import CommandError
from showrunner.cli.output import STYLES, duration
from showrunner.cli.progress import Step, follow, seconds, steps_of

if TYPE_CHECKING:
    from sandbox.media.publisher import Publisher
    from sandbox.media.viewer import Viewing

PROFILE = "360p30"  # what two cores encode with ease
CLIP_SECONDS = 40  # longer than the show, so that the card's counter does not begin anew
VIEWING_SECONDS = 3.0
SETTLED_SECONDS = 0.5  # from a segment's first picture on, when its sound is surely of the same source
WITHIN = 60.0  # seconds that a step may take; most need a tenth of it, on a busy machine some need half
MOST_TRANSITIONS = 25  # of a show without trouble; Step Functions bills each
OTHERS = {"slate": COLOR}  # what may be seen besides the card
STEADY = 0.9  # share of pictures that must be the next one of the card; a busy machine may skip some


def main(argv: list[str] | None = None) -> int:
    """Run the demo; 0 only if everything was seen."""
    parser = argparse.ArgumentParser(prog="showrunner demo", description="A whole show with real video, checked.")
    parser.add_argument("--seconds", type=float, default=6.0, help="how long to stay on air (default: 6)")
    stay = "keep the sandbox with the studio until Ctrl-C (default: at a terminal)"
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    parser.add_argument("--stay", action=argparse.BooleanOptionalAction, default=at_terminal, help=stay)
    asked = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the sandbox must not stay behind
    checks = Checklist(Console(highlight=False, markup=False, emoji=False))
    directory = Path(tempfile.mkdtemp(prefix="showrunner-demo-"))
    began = time.monotonic()
    try:
        with _run(checks, directory, asked.seconds) as sandbox:
            took = time.monotonic() - began
            checks.console.print(f"\nAll of it was seen, in {took:.0f} s.", style="bold green")
            if asked.stay and is_built():
                _stay(checks, sandbox)
    except KeyboardInterrupt:
        shutil.rmtree(directory, ignore_errors=True)
        return 130
    except NotSeen as error:
        checks.cross(error.what, f"expected: {error.expected}", f"seen:     {error.seen}")
    except CommandError as error:
        checks.cross(str(error))
    except Exception as error:
        (directory / "traceback").write_text(traceback.format_exc())
        checks.cross(f"{type(error).__name__}: {error}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
        return 0
    checks.console.print(f"    The sandbox's log and what was recorded are in {directory}", soft_wrap=True)
    return 1


@contextlib.contextmanager
def _run(checks: Checklist, directory: Path, on_air: float) -> Iterator[Sandbox]:
    """The sandbox that has seen the show."""
    from sandbox.media.testcard import write_clip

    clip = directory / "host.mp4"
    with ThreadPoolExecutor(1) as pool, contextlib.ExitStack() as stack:
        drawn: Future[None] = pool.submit(write_clip, clip, "host", CLIP_SECONDS)
        checks.chapter("An AWS on this machine")
        with checks.console.status("Starting the sandbox and deploying the stack"):
            began = time.monotonic()
            sandbox = stack.enter_context(Sandbox(media=True, directory=directory))
        took = duration(time.monotonic() - began)
        checks.tick(f"The sandbox is up at {sandbox.url}, the stack deployed in it, in {took}")
        drawn.result()
        _Show(sandbox, checks, directory).run(clip, on_air)
        yield sandbox


def _stay(checks: Checklist, sandbox: Sandbox) -> None:
    """Until Ctrl-C."""
    env = sandbox.env
    checks.console.print(f"\nThe studio: {env['SHOWRUNNER_STUDIO_URL']}", style="bold", soft_wrap=True)
    checks.console.print(
        f"  sign in as {env['SHOWRUNNER_USER']}, password {env['SHOWRUNNER_PASSWORD']}", soft_wrap=True
    )
    checks.console.print("It runs until Ctrl-C.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


class _Show:
    """One session from nothing to nothing left."""

    def __init__(self, sandbox: Sandbox, checks: Checklist, directory: Path) -> None:
        self._sandbox = sandbox
        self._checks = checks
        self._directory = directory
        self._session_id = f"demo-{uuid.uuid4().hex[:8]}"
        self._shown: list[Step] = []
        # Without a token in its hands, the client gets itself one from Cognito.
        self._client: Client = connect({k: v for k, v in sandbox.env.items() if k != "SHOWRUNNER_TOKEN"})

    def run(self, clip: Path, on_air: float) -> None:
        """Each step leaves what the next one stands on."""
        self._go_live(clip, on_air)
        self._recording(on_air)
        self._nothing_left()
        self._figures()
        self._studio()

    def _go_live(self, clip: Path, on_air: float) -> None:
        from sandbox.media.publisher import Publisher

        self._checks.chapter("A session goes live")
        created = self._client.create({"id": self._session_id, "title": "Demo", "profile": PROFILE})["session"]
        self._checks.expect(
            f"Created session '{self._session_id}' with a token from Cognito", "created", created["state"]
        )
        answer = self._client.start(self._session_id, hold=True)
        self._checks.tick(f"Started, to hold on the slate: {answer['message']}")
        self._reach("live")
        self._shows_the_slate()
        publisher = Publisher(self._client.ingest(self._session_id)["sources"][0]["url"], clip)
        with contextlib.ExitStack() as stack:
            stack.callback(publisher.stop)
            self._publish(publisher)
            self._client.take(self._session_id, "host")
            self._on_air("host")
            since = time.monotonic()
            self._checks.tick(self._client.start_recording(self._session_id)["message"])
            self._shows_the_host()
            with self._checks.console.status("On air"):
                time.sleep(max(0.0, on_air - (time.monotonic() - since)))
            self._checks.tick(self._client.stop_recording(self._session_id)["message"])
            self._checks.tick(f"The host was on air for {duration(time.monotonic() - since)}")
            self._client.panic(self._session_id)
            self._on_air("slate")
            self._shows_the_slate()
            self._checks.chapter("The show ends")
            self._client.stop(self._session_id)
            self._reach("ended")

    def _on_air(self, source: str) -> None:
        """A switch took place, by MediaLive's word; the timeline says how long it took."""

        def look() -> str | None:
            session = self._client.session(self._session_id)
            if session["on_air"] != source or session["switches"]:
                return None
            entries = self._client.timeline(self._session_id)["timeline"]
            return next((e["text"] for e in reversed(entries) if e["kind"] == "source"), None)

        self._checks.tick(
            self._checks.eventually(f"'{source}' on air", look, within=WITHIN, expected=f"'{source}' on air")
        )

    def _publish(self, publisher: "Publisher") -> None:
        """Connections may be refused until the channel listens."""
        deadline = time.monotonic() + 20
        while True:
            publisher.start()
            refused = publisher.wait(1.0)
            if refused is None:
                self._checks.tick("ffmpeg publishes the host's test card to the host input")
                return
            if time.monotonic() > deadline:
                raise NotSeen("ffmpeg publishes to the host input", "a connection that lasts", refused)

    def _reach(self, *states: str) -> None:
        """Print the states as they come, until one of `states`."""
        deadline = time.monotonic() + WITHIN
        steps: list[Step] = []
        with self._checks.console.status(f"Waiting for: {' or '.join(states)}"):
            for steps in follow(self._client, self._session_id, states, sleep=lambda _: time.sleep(LOOK_SECONDS)):
                for step in steps[len(self._shown) :]:
                    self._checks.note(f"{step.state}: {step.text}")
                self._shown = steps
                if time.monotonic() > deadline:
                    break
        last = steps[-1] if steps else None
        self._checks.expect(
            f"The session is {last.state.replace('_', ' ') if last else 'nowhere'}",
            f"{' or '.join(states)} within {WITHIN:.0f} s",
            f"{last.state}: {last.text}" if last else "nothing in its timeline",
            met=last is not None and last.state in states,
        )

    def _shows_the_slate(self) -> None:
        viewing = self._view("slate")
        self._checks.expect("The viewer sees the slate", "slate", viewing.color())
        after = viewing.pictures[0].time + SETTLED_SECONDS
        self._checks.expect("The viewer hears nothing", "silence", viewing.tone(start=after))

    def _shows_the_host(self) -> None:
        viewing = self._view("host")
        self._checks.tick(f"A viewer's player gets {duration(viewing.duration)} of HLS")
        self._is_host("The viewer", viewing)

    def _view(self, what: str) -> "Viewing":
        """What a viewer gets from now on, once all of it is the card, or the slate."""
        from av.error import FFmpegError

        from sandbox.media.viewer import watch

        url = self._client.session(self._session_id)["playback_url"]

        def look() -> "Viewing | None":
            try:
                viewing = watch(url, VIEWING_SECONDS, OTHERS, first_segment=-2)
            except FFmpegError:
                return None
            whole = viewing.duration >= VIEWING_SECONDS and {seen.color for seen in viewing.pictures} == {what}
            return viewing if whole else None

        return self._checks.eventually(
            f"A viewer watches {url}", look, within=WITHIN, expected=f"{VIEWING_SECONDS:.0f} s of the {what}"
        )

    def _is_host(self, who: str, viewing: "Viewing") -> None:
        from sandbox.media.testcard import CARDS

        steps = [after.counter - before.counter for before, after in pairwise(viewing.pictures)]
        steady = steps.count(1) / max(1, len(steps))
        self._checks.expect(f"{who} sees the host's picture (red)", "host", viewing.color())
        self._checks.expect(
            f"{who} sees it move: {steps.count(1)} of {len(steps)} pictures are the next one of the card",
            f"{STEADY:.0%} of the pictures or more",
            f"{steady:.0%}",
            met=steady >= STEADY,
        )
        self._checks.expect(f"{who} hears the host's tone ({CARDS['host'].tone} Hz)", "host", viewing.tone())

    def _recording(self, on_air: float) -> None:
        """The recording is whole, is the host's, and says where the show began."""
        from sandbox.media.viewer import watch

        self._checks.chapter("What was stored")
        address = str(self._client.session(self._session_id)["recording"])
        folder = self._download(address)
        text = "\n".join(path.read_text() for path in sorted(folder.glob("*.m3u8")))
        self._checks.expect(
            f"It is complete: {address}",
            "playlists with PROGRAM-DATE-TIME and ENDLIST",
            text[-200:] or "no playlist",
            met="#EXT-X-PROGRAM-DATE-TIME" in text and "#EXT-X-ENDLIST" in text,
        )
        viewing = watch(str(folder / address.rpartition("/")[2]), others=OTHERS)
        self._checks.expect(
            f"It lasts {duration(viewing.duration)}",
            f"{on_air:.0f} s or more",
            f"{viewing.duration:.1f} s",
            met=viewing.duration >= on_air,
        )
        shown = [color for color, _ in groupby(seen.color for seen in viewing.pictures)]
        self._checks.expect(
            f"Who plays it sees {', then the '.join(['the slate', *shown[1:]])}", ["slate", "host", "slate"], shown
        )
        tag = f"showrunner:{self._session_id}-1-1"
        segments = sorted(folder.glob("*.ts"))
        tagged = [path for path in segments if tag in timed_metadata(path.read_bytes())]
        self._checks.expect(
            f"The show is marked in it: {len(tagged)} of {len(segments)} segments carry the tag '{tag}'",
            "a tag in the segments",
            "none",
            met=bool(tagged),
        )
        self._published(1, "the whole show")
        film = self._published(2, "what the record button was pressed for")
        self._is_host("Who plays that film", watch(str(film), others=OTHERS))

    def _published(self, number: int, what: str) -> Path:
        """A recording has become a playlist and a film of its own, as long as its window; the film, downloaded."""

        def look() -> dict[str, Any] | None:
            recording: dict[str, Any] = self._client.recordings(self._session_id)["recordings"][number - 1]
            return recording if recording["state"] in ("published", "failed") else None

        recording = self._checks.eventually(
            f"Recording {number} is published", look, within=WITHIN, expected="published or failed"
        )
        self._checks.expect(
            f"Recording '{recording['id']}', {what}, is published: {duration(recording['seconds'] or 0.0)}",
            "published, longer than nothing",
            f"{recording['state']}: {recording['reason']}",
            met=recording["state"] == "published" and recording["seconds"] > 0,
        )
        film = recording["film"]
        self._checks.expect(
            f"Its film is a file of {film['size'] / 1e6 if film else 0:.1f} MB, as long as its window",
            "a film",
            recording["film_failure"] or "none",
            met=film is not None,
        )
        path = self._directory / f"film-{number}.mp4"
        path.write_bytes(httpx.get(film["url"], timeout=30).raise_for_status().content)
        return path

    def _download(self, address: str) -> Path:
        """All that lies beside `address` (s3://bucket/path/index.m3u8), in a folder here."""
        bucket, _, key = address.removeprefix("s3://").partition("/")
        folder = self._directory / "recording"
        folder.mkdir(exist_ok=True)
        s3 = self._aws("s3")
        prefix = key.rpartition("/")[0] + "/"
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
            for item in page.get("Contents", []):
                s3.download_file(bucket, item["Key"], str(folder / item["Key"].rpartition("/")[2]))
        return folder

    def _nothing_left(self) -> None:
        self._checks.chapter("Nothing is left")
        medialive, ivs = self._aws("medialive"), self._aws("ivs")
        channels = [each["Id"] for each in medialive.list_channels()["Channels"] if each["State"] != "DELETED"]
        inputs = [each["Id"] for each in medialive.list_inputs()["Inputs"] if each["State"] != "DELETED"]
        self._checks.expect("MediaLive has no channel", [], channels)
        self._checks.expect("MediaLive has no input", [], inputs)
        self._checks.expect("IVS has no channel", [], [each["arn"] for each in ivs.list_channels()["channels"]])
        self._checks.expect("IVS has no stream", [], [each["channelArn"] for each in ivs.list_streams()["streams"]])

    def _figures(self) -> None:
        self._checks.chapter("What happened, and when")
        entries = self._client.timeline(self._session_id)["timeline"]
        self._checks.console.print(_timeline(steps_of(self._session_id, entries)))
        self._checks.console.print()
        executions = self._client.executions(self._session_id)["executions"]
        stays = [each for each in executions if "-recording:" in each["arn"] or "-archive:" in each["arn"]]
        life = [each for each in executions if each not in stays]
        entered = {each["name"]: self._transitions(each["arn"]) for each in life}
        parts = " + ".join(f"{count} of {name}" for name, count in entered.items())
        total = sum(entered.values())
        self._checks.expect(
            f"{total} state transitions: {parts}",
            f"{MOST_TRANSITIONS} at most",
            f"{total}: {parts}",
            met=0 < total <= MOST_TRANSITIONS,
        )
        self._checks.note(
            f"Besides, to publish recordings and see what stays: {sum(self._transitions(e['arn']) for e in stays)}"
        )
        self._checks.note(f"Besides, states looked or tried again: {self._again(executions) or 'never'}")
        cost = next(
            (entry["text"] for entry in reversed(entries) if entry["kind"] == "cost"), "No estimate of the cost"
        )
        self._checks.note(cost)
        self._checks.note("Look on: 'make up', then its studio, or 'showrunner session create'; README.md has a tour")

    def _studio(self) -> None:
        self._checks.chapter("The studio")
        if not is_built():
            self._checks.note("Its page is not built: `make studio` does it")
            return
        env = self._sandbox.env
        url = env["SHOWRUNNER_STUDIO_URL"]
        self._checks.expect(f"Its page is at {url}", 200, httpx.get(url).status_code)
        token = sign_in_to_studio(url, env["SHOWRUNNER_USER"], env["SHOWRUNNER_PASSWORD"])
        shows = httpx.get(f"{url}api/sessions", headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
        seen = [each["id"] for each in shows["sessions"]]
        self._checks.expect(f"{env['SHOWRUNNER_USER']} signs in there, and sees the show", [self._session_id], seen)

    def _transitions(self, arn: str) -> int:
        """StateEntered events, by Step Functions' own history."""
        pages = self._aws("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
        return sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])

    def _again(self, executions: list[Json]) -> str:
        """What Step Functions bills besides: states that ran a second time to look, or to try again."""
        runs: Counter[str] = Counter()
        for execution in executions:
            for state in self._client.history(self._session_id, execution["name"])["states"]:
                runs[state["name"]] += max(0, state["attempts"] - 1)
        return ", ".join(f"{name} {count} times" for name, count in (+runs).items())

    def _aws(self, service: str) -> Any:
        return self._sandbox.session().client(service, endpoint_url=self._sandbox.url)


def timed_metadata(segment: bytes) -> str:
    """The text of the ID3 tags in a segment of an MPEG transport stream."""
    import av

    with av.open(io.BytesIO(segment), "r", format="mpegts") as container:
        tracks = container.streams.data
        tags = [bytes(packet) for packet in container.demux(*tracks)] if tracks else []
    return b"".join(tags).decode("utf-8", "replace")


def _timeline(steps: list[Step]) -> Table:
    """The states with their wall clock and how long each lasted."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 2))
    table.add_column("WHEN", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("FOR", justify="right", no_wrap=True)
    spent = seconds(steps, datetime.now().astimezone())
    for step, lasted in zip(steps, spent, strict=True):
        when = datetime.fromisoformat(step.at).astimezone().strftime("%H:%M:%S.%f")[:-3]
        table.add_row(when, Text(step.state, STYLES.get(step.state, "")), duration(lasted) if lasted else "")
    return table


if __name__ == "__main__":
    sys.exit(main())
