"""A channel switched through BatchUpdateSchedule, as a client of AWS does it, and looked at in what it stored."""

import base64
import itertools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from one_channel import eventually, undisturbed
from test_switching import FRAME, date_errors, shots, write_image

from sandbox.media.picture import planes, read_image
from sandbox.media.publisher import Publisher
from sandbox.media.testcard import color_of, write_clip
from sandbox.media.ts import id3_txxx
from sandbox.media.viewer import watch
from sandbox.server import Sandbox
from tests.contract.medialive_requests import (
    action,
    channel_request,
    fixed,
    follow,
    input_request,
    prepare,
    switch,
    tag_action,
)

WIDTH, HEIGHT = 320, 180
TRACK_SECONDS = 2
MILLISECOND = 0.001  # to which dates are rounded
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "medialive.amazonaws.com"}}],
}
MAY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::*/*"}],
}
BRIEF = {"Delay": 0.5, "MaxAttempts": 240}


class Desk:
    """A sandbox without a stack, and a channel in it: host, callers and files; recorded."""

    def __init__(self, sandbox: Sandbox, media: dict[str, bytes]) -> None:
        session = sandbox.session()
        self.medialive = session.client("medialive", endpoint_url=sandbox.url)
        self.s3 = session.client("s3", endpoint_url=sandbox.url)
        iam = session.client("iam", endpoint_url=sandbox.url)
        self.role = iam.create_role(RoleName="MediaLive", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="MediaLive", PolicyName="media", PolicyDocument=json.dumps(MAY))
        for bucket in ("recordings", "media"):
            self.s3.create_bucket(Bucket=bucket)
        for key, body in media.items():
            self.s3.put_object(Bucket="media", Key=key, Body=body)
        self.urls: dict[str, str] = {}
        made = session.client("ivs", endpoint_url=sandbox.url).create_channel(name="show")
        request = channel_request(self._inputs(), made["channel"]["ingestEndpoint"], made["streamKey"]["value"])
        self.id: str = self.medialive.create_channel(**self._smaller(request))["Channel"]["Id"]

    def _inputs(self) -> list[str]:
        group = self.medialive.create_input_security_group(WhitelistRules=[{"Cidr": "127.0.0.1/32"}])
        ids = []
        for name in ("host", "callers"):
            made = self.medialive.create_input(**input_request(name, group["SecurityGroup"]["Id"]))["Input"]
            self.urls[name] = made["Destinations"][0]["Url"]
            ids.append(made["Id"])
        source = [{"Url": "s3ssl://media/$urlPath$"}]
        return [*ids, self.medialive.create_input(Name="tracks", Type="MP4_FILE", Sources=source)["Input"]["Id"]]

    def _smaller(self, request: dict[str, Any]) -> dict[str, Any]:
        request["RoleArn"] = self.role
        for attachment, name in zip(request["InputAttachments"], ("host", "callers", "tracks"), strict=True):
            attachment["InputAttachmentName"] = name
        encoder = request["EncoderSettings"]
        encoder["FeatureActivations"] = {
            "InputPrepareScheduleActions": "ENABLED",
            "OutputStaticImageOverlayScheduleActions": "ENABLED",
        }
        encoder["ThumbnailConfiguration"] = {"State": "AUTO"}
        [video] = encoder["VideoDescriptions"]
        video |= {"Width": WIDTH, "Height": HEIGHT}
        video["CodecSettings"]["H264Settings"] |= {"Bitrate": 500_000, "GopSize": 2.0, "GopSizeUnits": "SECONDS"}
        recording = encoder["OutputGroups"][1]
        recording["OutputGroupSettings"]["HlsGroupSettings"] |= {
            "SegmentLength": 2,
            "ProgramDateTime": "INCLUDE",
            "ProgramDateTimePeriod": 2,
        }
        m3u8 = {"StandardHlsSettings": {"M3u8Settings": {"TimedMetadataBehavior": "PASSTHROUGH"}}}
        recording["Outputs"][0]["OutputSettings"]["HlsOutputSettings"]["HlsSettings"] = m3u8
        return request

    def wait(self, state: str) -> None:
        self.medialive.get_waiter(f"channel_{state}").wait(ChannelId=self.id, WaiterConfig=BRIEF)

    def schedule(self, *actions: dict[str, Any]) -> None:
        self.medialive.batch_update_schedule(ChannelId=self.id, Creates={"ScheduleActions": list(actions)})

    def on_air(self, attachment: str, name: str, seconds: float = 60) -> None:
        wanted = {
            "PipelineId": "0",
            "ActiveInputAttachmentName": attachment,
            "ActiveInputSwitchActionName": name,
        }
        described = self.medialive.describe_channel
        eventually(lambda: described(ChannelId=self.id)["PipelineDetails"] == [wanted], seconds, f"{name} on air")

    def thumbnail(self) -> str | None:
        """Whose picture it is."""
        wanted = {"PipelineId": "0", "ThumbnailType": "CURRENT_ACTIVE"}
        [detail] = self.medialive.describe_thumbnails(ChannelId=self.id, **wanted)["ThumbnailDetails"]
        if not detail["Thumbnails"]:
            return None
        picture = base64.b64decode(detail["Thumbnails"][0]["Body"])
        return color_of(read_image(picture).reformat(format="yuv420p"))

    def fetch(self, folder: Path) -> Path:
        """What it recorded; the playlist of its one rendition."""
        listed = self.s3.list_objects_v2(Bucket="recordings", Prefix="show/1/")["Contents"]
        for each in listed:
            self.s3.download_file("recordings", each["Key"], str(folder / each["Key"].rpartition("/")[2]))
        return folder / "index_720p30.m3u8"


@pytest.fixture
def media(tmp_path: Path) -> dict[str, bytes]:
    """What the bucket holds."""
    write_clip(tmp_path / "track.mp4", "tracklist", seconds=TRACK_SECONDS, width=WIDTH, height=HEIGHT)
    logo = np.full((40, 80, 4), 255, np.uint8)
    write_image(tmp_path / "logo.png", logo)
    return {name: (tmp_path / name).read_bytes() for name in ("track.mp4", "logo.png")}


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / f"{name}.mp4" for name in ("host", "callers")}
    for name, path in made.items():
        write_clip(path, name, seconds=40, width=WIDTH, height=HEIGHT)
    return made


@pytest.fixture
def run(media: dict[str, bytes], clips: dict[str, Path], tmp_path: Path) -> Callable[[], tuple[Path, float]]:
    def show() -> tuple[Path, float]:
        with Sandbox(media=True, stack=False, timings="brief") as sandbox:
            desk = Desk(sandbox, media)
            desk.wait("created")
            desk.medialive.start_channel(ChannelId=desk.id)
            desk.wait("running")
            publishers = [Publisher(desk.urls[name], clips[name]) for name in clips]
            try:
                for publisher in publishers:
                    publisher.start()
                due = tour(desk)
            finally:
                for publisher in publishers:
                    publisher.stop()
            folder = tmp_path / "recorded"
            folder.mkdir(exist_ok=True)
            return desk.fetch(folder), due

    return show


def tour(desk: Desk) -> float:
    """Host, callers, the file twice, host with an overlay, callers at a time, and host without; that time."""
    desk.on_air("host", "Initial Channel Input")
    eventually(lambda: desk.thumbnail() == "host", 60, "the host's picture")
    timed = datetime.now(UTC) + timedelta(seconds=15.5)
    at = fixed(timed.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    desk.schedule(switch("to-callers", "callers"), switch("on-time", "callers", start=at))
    desk.on_air("callers", "to-callers")
    eventually(lambda: desk.thumbnail() == "callers", 60, "the callers' picture")
    desk.schedule(prepare("cue", "tracks", "track.mp4"))
    desk.schedule(
        switch("file", "tracks", "track.mp4"),
        switch("again", "tracks", "track.mp4", start=follow("file")),
        switch("back", "host", start=follow("again")),
    )
    desk.on_air("host", "back")
    image = {"Image": {"Uri": "s3ssl://media/logo.png"}, "OutputNames": ["recording"], "ImageX": 200, "ImageY": 100}
    desk.schedule(
        action("overlay", "StaticImageOutputActivateSettings", image | {"FadeIn": 200}),
        tag_action("tag", tag="a-tag-in-each-segment"),
        action("word", "HlsTimedMetadataSettings", {"Id3": base64.b64encode(id3_txxx("a-word-once")).decode()}),
    )
    desk.on_air("callers", "on-time", 20)
    eventually(lambda: desk.thumbnail() == "callers", 60, "the callers' picture again")
    desk.schedule(
        action("no-overlay", "StaticImageOutputDeactivateSettings", {"OutputNames": ["recording"]}),
        switch("end", "host"),
    )
    desk.on_air("host", "end")
    eventually(lambda: desk.thumbnail() == "host", 60, "the host's picture again")
    desk.medialive.stop_channel(ChannelId=desk.id)
    desk.wait("stopped")
    return datetime.fromisoformat(at["FixedModeScheduleActionStartSettings"]["Time"]).timestamp()


def test_host_callers_file_and_back_with_an_overlay(run: Callable[[], tuple[Path, float]]) -> None:
    playlist, due = undisturbed(run)

    viewing = watch(str(playlist))
    taken = shots(viewing.pictures)
    assert [shot[0].color for shot in taken] == [
        *("host", "callers", "tracklist", "tracklist", "host", "callers", "host")
    ]
    assert {round(after.time - before.time, 3) for before, after in itertools.pairwise(viewing.pictures)} <= {
        0.033,
        0.034,
    }
    for file in taken[2:4]:
        assert (file[0].counter, file[-1].counter) == (0, 30 * TRACK_SECONDS - 1)
    for shot in taken:
        assert viewing.tone(shot[0].time + 2 * FRAME, shot[0].time + 3 * FRAME) == shot[0].color

    found = re.search(r"^#EXT-X-PROGRAM-DATE-TIME:(.+)$", playlist.read_text(), re.M)
    assert found
    origin = datetime.fromisoformat(found[1]).timestamp() - viewing.pictures[0].time
    assert -MILLISECOND < origin + taken[-2][0].time - due < 2 * FRAME

    assert max(map(abs, date_errors(playlist, viewing.pictures))) < 0.1

    light = _lightness(playlist, 240, 120)
    first = [len(list(itertools.chain(*taken[:at]))) for at in range(len(taken) + 1)]
    assert max(light[first[0] : first[4]]) < 200
    assert min(light[first[5] - 1 : first[5] + 2]) > 225, "the overlay is on the host, then on the callers"
    assert max(light[first[6] + 1 :]) < 200, "it is gone with the next switch"

    segments = [path.read_bytes() for path in sorted(playlist.parent.glob("*.ts"))]
    assert sum(b"a-word-once" in segment for segment in segments) == 1
    assert sum(b"a-tag-in-each-segment" in segment for segment in segments) >= 3


def _lightness(playlist: Path, x: int, y: int) -> list[float]:
    with av.open(str(playlist), options={"live_start_index": "0"}) as container:
        return [float(planes(frame)[0][y - 3 : y + 3, x - 3 : x + 3].mean()) for frame in container.decode(video=0)]
