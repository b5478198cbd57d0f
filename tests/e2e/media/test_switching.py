"""A channel that goes from host to callers to files and back, measured on what it recorded."""

import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from one_channel import STREAM, Studio, channel, eventually, undisturbed

from sandbox.media.picture import planes, read_image
from sandbox.media.publisher import Publisher
from sandbox.media.testcard import SAMPLE_RATE, color_of, write_clip
from sandbox.media.viewer import Seen, Viewing, watch

FRAME = 1 / 30
RECORDING = "recordings/show-1/hls"
CLIP_SECONDS = 2
MILLISECOND = 0.001  # to which dates are rounded
SLATE = (128, 0, 255)


@pytest.fixture(scope="session")
def callers_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "callers.mp4"
    write_clip(path, "callers", seconds=30, width=320, height=180)
    return path


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """A short file on S3: `s3ssl://media/track.mp4`."""
    path = tmp_path / "s3" / "media" / "track.mp4"
    path.parent.mkdir(parents=True)
    write_clip(path, "tracklist", seconds=CLIP_SECONDS, width=320, height=180)
    return path


@pytest.fixture
def ports(studio: Studio) -> dict[str, int]:
    return {name: studio.call(studio.plane.allocate_port) for name in ("host", "callers")}


@pytest.fixture
def publishers(ports: dict[str, int], host_clip: Path, callers_clip: Path) -> Iterator[dict[str, Publisher]]:
    clips = {"host": host_clip, "callers": callers_clip}
    made = {name: Publisher(f"rtmp://127.0.0.1:{port}/{STREAM}", clips[name]) for name, port in ports.items()}
    yield made
    for publisher in made.values():
        publisher.stop()


def start(studio: Studio, asked: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> Any:
    """Start a channel that only records; `inputs` by attachment."""
    del asked["EncoderSettings"]["OutputGroups"][0]
    behaviors = {name: described.pop("SourceEndBehavior", "CONTINUE") for name, described in inputs.items()}
    asked["InputAttachments"] = [
        {"InputId": name, "InputAttachmentName": name, "InputSettings": {"SourceEndBehavior": behaviors[name]}}
        for name in inputs
    ]
    encoder = studio.call(studio.plane.start, asked, inputs, studio.reports.append)
    eventually(lambda: studio.reported(event="running"), 60, "the encoder runs")
    return encoder


def switch(name: str, to: str, *, path: str | None = None, at: str | None = None, after: str | None = None) -> Any:
    """A ScheduleAction."""
    begin: dict[str, Any] = {"ImmediateModeScheduleActionStartSettings": {}}
    if at is not None:
        begin = {"FixedModeScheduleActionStartSettings": {"Time": at}}
    if after is not None:
        begin = {"FollowModeScheduleActionStartSettings": {"ReferenceActionName": after, "FollowPoint": "END"}}
    settings: dict[str, Any] = {"InputAttachmentNameReference": to}
    if path is not None:
        settings["UrlPath"] = [path]
    return {
        "ActionName": name,
        "ScheduleActionStartSettings": begin,
        "ScheduleActionSettings": {"InputSwitchSettings": settings},
    }


def immediate(name: str, **settings: Any) -> dict[str, Any]:
    return {
        "ActionName": name,
        "ScheduleActionStartSettings": {"ImmediateModeScheduleActionStartSettings": {}},
        "ScheduleActionSettings": settings,
    }


def on_air(studio: Studio, action: str | None) -> None:
    eventually(lambda: studio.reported(event="switched", action=action), 60, f"{action} is on air")


def recorded(tmp_path: Path, **how: Any) -> tuple[Viewing, float]:
    """The recording, and the UTC of its time 0."""
    playlist = tmp_path / "s3" / RECORDING / "index_180p30.m3u8"
    viewing = watch(str(playlist), **how)
    found = re.search(r"^#EXT-X-PROGRAM-DATE-TIME:(.+)$", playlist.read_text(), re.M)
    assert found
    return viewing, datetime.fromisoformat(found[1]).timestamp() - viewing.pictures[0].time


def date_errors(playlist: Path, pictures: list[Seen]) -> list[float]:
    """Of each segment: by how many seconds its date is off what the first one's and its first picture's time say."""
    text = playlist.read_text()
    dates = [
        datetime.fromisoformat(date).timestamp() for date in re.findall(r"^#EXT-X-PROGRAM-DATE-TIME:(.+)$", text, re.M)
    ]
    lengths = [float(length) for length in re.findall(r"^#EXTINF:([0-9.]+)", text, re.M)]
    assert len(dates) == len(lengths)
    starts = [0.0, *itertools.accumulate(lengths)][:-1]
    times = [picture.time - pictures[0].time for picture in pictures]
    first_pictures = [min(times, key=lambda time: abs(time - start)) for start in starts]
    return [date - dates[0] - time for date, time in zip(dates, first_pictures, strict=True)]


def shots(pictures: list[Seen]) -> list[list[Seen]]:
    """Pictures that follow each other in one clip: of one colour, and without a step back in their counter."""
    made: list[list[Seen]] = []
    for seen in pictures:
        if not made or made[-1][-1].color != seen.color or seen.counter < made[-1][-1].counter:
            made.append([])
        made[-1].append(seen)
    return made


def beeps(viewing: Viewing) -> list[float]:
    """When the loud parts of the sound begin."""
    step = SAMPLE_RATE // 200
    blocks = viewing.sound[: len(viewing.sound) // step * step].reshape(-1, step)
    loud = np.sqrt((blocks**2).mean(1)) > 0.3
    return [viewing.sound_start + at * step / SAMPLE_RATE for at in np.flatnonzero(loud[1:] & ~loud[:-1]) + 1]


@dataclass
class Show:
    """What was recorded, the UTC of its time 0, what was reported, and when the fixed switch was due."""

    viewing: Viewing
    origin: float
    reports: list[dict[str, Any]]
    due: float


def ten_switches(studio: Studio, ports: dict[str, int], publishers: dict[str, Publisher], tmp_path: Path) -> Show:
    """Host and callers are live, the file has two seconds."""
    studio.reports.clear()
    push = {name: {"Type": "RTMP_PUSH", "Port": port, "StreamNames": [STREAM]} for name, port in ports.items()}
    files = {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://media/$urlPath$"}]}
    encoder = start(studio, channel(), {**push, "tracklist": files})
    for name, publisher in publishers.items():
        publisher.start()
        eventually(lambda name=name: studio.reported(event="input", attachment=name, connected=True), 60, name)
    time.sleep(2.0)

    def perform(action: dict[str, Any], then: float = 0.7) -> None:
        studio.call(encoder.schedule, action)
        on_air(studio, action["ActionName"])
        time.sleep(then)

    perform(switch("1", "callers"))
    perform(switch("2", "host"))
    exactly = datetime.now(UTC) + timedelta(seconds=1.5)
    text = exactly.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    studio.call(encoder.schedule, switch("3", "tracklist", path="track.mp4", at=text))
    studio.call(encoder.schedule, switch("4", "tracklist", path="track.mp4", after="3"))
    studio.call(encoder.schedule, switch("5", "host", after="4"))
    studio.call(encoder.schedule, switch("never", "callers", after="5"))
    studio.call(encoder.unschedule, ["never"])
    on_air(studio, "5")
    prepare = {"InputAttachmentNameReference": "tracklist", "UrlPath": ["track.mp4"]}
    studio.call(encoder.schedule, immediate("prepare", InputPrepareSettings=prepare))
    eventually(lambda: studio.reported(event="prepared", attachment="tracklist"), 60, "prepared")
    perform(switch("6", "tracklist", path="track.mp4"))
    perform(switch("7", "callers"))
    perform(switch("8", "host"))
    perform(switch("9", "callers"))
    perform(switch("10", "host"), then=2.5)
    studio.stop(encoder)
    for publisher in publishers.values():
        publisher.stop()
    return Show(*recorded(tmp_path), list(studio.reports), datetime.fromisoformat(text).timestamp())


def test_ten_switches(
    studio: Studio, ports: dict[str, int], publishers: dict[str, Publisher], track: Path, tmp_path: Path
) -> None:
    show = undisturbed(lambda: ten_switches(studio, ports, publishers, tmp_path))

    viewing, origin = show.viewing, show.origin
    taken = shots(viewing.pictures)
    names = [shot[0].color for shot in taken]
    assert names == [
        *("host", "callers", "host", "tracklist", "tracklist", "host"),
        *("tracklist", "callers", "host", "callers", "host"),
    ]
    switches = [report for report in show.reports if report["event"] == "switched"]
    assert [report["action"] for report in switches] == [None, *map(str, range(1, 11))]
    assert [report["attachment"] for report in switches] == names
    assert {report["url"] for report in switches} == {None, "s3ssl://media/track.mp4"}

    # No picture is missing, doubled or late; no time goes back.
    steps = {round(after.time - before.time, 3) for before, after in itertools.pairwise(viewing.pictures)}
    assert steps <= {0.033, 0.034}
    for shot in taken:
        assert {after.counter - before.counter for before, after in itertools.pairwise(shot)} <= {1}

    # The fixed switch is exact, files are played from their beginning to their end.
    first, second, prepared = taken[3], taken[4], taken[6]
    assert -MILLISECOND < origin + first[0].time - show.due < FRAME + 2 * MILLISECOND
    assert [(shot[0].counter, shot[-1].counter) for shot in (first, second)] == [(0, 30 * CLIP_SECONDS - 1)] * 2
    assert prepared[0].counter == 0

    # Two frames after a switch the sound is the new source's, two frames before it the old one's.
    for shot in taken:
        begin, end = shot[0].time, shot[-1].time + FRAME
        assert viewing.tone(begin + 2 * FRAME, begin + 3 * FRAME) == shot[0].color
        if end - begin > 0.3 and shot is not taken[-1]:
            assert viewing.tone(end - 3 * FRAME, end - 2 * FRAME) == shot[0].color

    # Flash and beep are together to the end.
    flashes = [
        after.time for shot in taken for before, after in itertools.pairwise(shot) if after.flash and not before.flash
    ]
    heard = beeps(viewing)
    assert max(flashes) > taken[-1][0].time
    for flash in flashes:
        assert min(abs(beep - flash) for beep in heard) < 0.04

    # Corrected for its latency, PROGRAM-DATE-TIME is true: the host's clock is the same before and after.
    hosts = [shot for shot in taken if shot[0].color == "host"]
    sent = [origin + seen.time - seen.counter * FRAME for shot in hosts for seen in shot]
    assert max(sent) - min(sent) < 0.1
    errors = date_errors(tmp_path / "s3" / RECORDING / "index_180p30.m3u8", viewing.pictures)
    assert len(errors) > 5
    assert max(map(abs, errors)) < 0.1


def test_overlay_pause_loss_and_loop(studio: Studio, track: Path, tmp_path: Path) -> None:
    media = track.parent
    write_image(media / "slate.png", np.full((180, 160, 3), SLATE, np.uint8))
    logo = np.full((40, 80, 4), 255, np.uint8)
    logo[:, 40:, 3] = 128  # the right half lets half of the picture through
    write_image(media / "logo.png", logo)
    slate = {"InputLossImageType": "SLATE", "InputLossImageSlate": {"Uri": "s3ssl://media/slate.png"}}
    asked = channel(loss={"RepeatFrameMsec": 0, "BlackFrameMsec": 0, **slate})
    asked["EncoderSettings"]["ThumbnailConfiguration"] = {"State": "AUTO"}
    asked["EncoderSettings"]["OutputGroups"][1]["Outputs"][0]["OutputName"] = "recording"
    files = {"Type": "MP4_FILE", "SourceEndBehavior": "LOOP"}
    encoder = start(
        studio,
        asked,
        {
            "tracklist": {**files, "Sources": [{"Url": "s3ssl://media/track.mp4"}]},
            "missing": {**files, "Sources": [{"Url": "s3ssl://media/missing.mp4"}]},
        },
    )

    def perform(name: str, **settings: Any) -> None:
        studio.call(encoder.schedule, immediate(name, **settings))
        time.sleep(1.0)

    thumbnail = eventually(encoder.thumbnail, 60, "a thumbnail")
    assert color_of(read_image(thumbnail.jpeg).reformat(format="yuv420p")) == "tracklist"
    where = {"ImageX": 200, "ImageY": 100, "FadeIn": 400}
    where |= {"OutputNames": ["recording"], "Image": {"Uri": "s3ssl://media/logo.png"}}
    perform("overlay", StaticImageOutputActivateSettings=where)
    perform("overlay off", StaticImageOutputDeactivateSettings={"OutputNames": ["recording"], "FadeOut": 400})
    perform("pause", PauseStateSettings={"Pipelines": [{"PipelineId": "PIPELINE_0"}]})
    perform("go on", PauseStateSettings={"Pipelines": []})
    perform("lost", InputSwitchSettings={"InputAttachmentNameReference": "missing"})
    assert studio.reported(event="alert", id="file-missing", set=True)
    eventually(lambda: encoder.thumbnail() is None, 60, "no thumbnail")
    perform("back", InputSwitchSettings={"InputAttachmentNameReference": "tracklist"})
    studio.stop(encoder)

    viewing, _ = recorded(tmp_path, others={"slate": SLATE})
    # The file came again and again without a gap, but for the pause, in which the picture stood still, in silence.
    before_loss = list(itertools.takewhile(lambda seen: seen.color == "tracklist", viewing.pictures))
    frames = 30 * CLIP_SECONDS
    steps = [(after.counter - before.counter) % frames for before, after in itertools.pairwise(before_loss)]
    begin = steps.index(0)
    count = next(at for at, step in enumerate(steps[begin:]) if step)
    paused = before_loss[begin : begin + count]
    assert 0.8 < count * FRAME < 1.8
    assert viewing.tone(paused[0].time + 0.1, paused[-1].time - 0.1) == "silence"
    assert viewing.tone(before_loss[0].time, paused[0].time - 0.1) == "tracklist"
    assert set(steps[:begin]) == {1}
    assert steps[begin + count] == (count + 1) % frames  # it went on underneath

    # The missing file was on air: an image in the middle of black, until the switch back began the file anew.
    lost, back = (list(group) for _, group in itertools.groupby(viewing.pictures[len(before_loss) :], color_seen))
    assert lost[0].color == "slate"
    assert back[0].color == "tracklist"
    assert back[0].counter == 0

    # The overlay faded in and out.
    left, right = lightness(tmp_path, 210, 120), lightness(tmp_path, 265, 120)
    assert left[0] == pytest.approx(right[0], abs=2)
    left, right = ([(luma - left[0]) / (235 - left[0]) for luma in side[: len(before_loss)]] for side in (left, right))
    assert max(left) == pytest.approx(1.0, abs=0.04)
    assert max(right) == pytest.approx(0.5, abs=0.04)
    shown = [opacity for opacity in left if opacity > 0.03]
    rising, falling = shown.index(max(shown)), shown[::-1].index(max(shown))
    assert shown[:12] == sorted(shown[:12])
    assert shown[-12:] == sorted(shown[-12:], reverse=True)
    assert 10 <= rising <= 14
    assert 10 <= falling <= 14


def color_seen(seen: Seen) -> str:
    return seen.color


def write_image(path: Path, pixels: "np.typing.NDArray[np.uint8]") -> None:
    """A PNG of RGB or RGBA pixels, shape (height, width, 3 or 4)."""
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24" if pixels.shape[2] == 3 else "rgba")
    codec: Any = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt = frame.width, frame.height, frame.format.name
    codec.time_base = Fraction(1, 30)
    frame.pts = 0
    path.write_bytes(b"".join(map(bytes, codec.encode(frame) + codec.encode(None))))


def lightness(tmp_path: Path, x: int, y: int) -> list[float]:
    """The luma around a point of the recorded pictures."""
    with av.open(
        str(tmp_path / "s3" / RECORDING / "index_180p30.m3u8"), options={"live_start_index": "0"}
    ) as container:
        return [float(planes(frame)[0][y - 3 : y + 3, x - 3 : x + 3].mean()) for frame in container.decode(video=0)]
