"""What the encoder understands of a channel: of the product's own ones, and of others."""

import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.media.input_settings import FileInput, LossSettings, RtmpInput
from sandbox.media.settings import Unsupported, read_channel
from sandbox.media.supervisor import VideoPlane
from showrunner.channel import channel_request
from showrunner.profiles import PROFILES
from showrunner.session import SLATE, Session

INPUTS = {
    "0": {"Type": "RTMP_PUSH", "Port": 1935, "StreamNames": ["live/the-secret"]},
    SLATE: {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://media-test/slate.mp4"}]},
}


def request(**changes: Any) -> dict[str, Any]:
    session = Session(id="show", owner="ann", **changes)
    return channel_request(
        session,
        name="show-1",
        tags={},
        role_arn="arn:aws:iam::000000000000:role/medialive",
        inputs={SLATE: SLATE} | {source.name: str(n) for n, source in enumerate(session.sources)},
        ingest_endpoint="a1b2c3.global-contribute.live-video.net",
        stream_key="the-key",
        recordings="recordings-test/show/1",
        sound=session.sound,
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_understood(profile: str) -> None:
    settings = read_channel(request(profile=profile), INPUTS, ivs_port=4321)

    (video,), (audio,) = settings.videos, settings.audios
    assert video.gop == 2 * video.rate == 2 * settings.rate
    assert (audio.sample_rate, settings.sample_rate) == (48_000, 48_000)
    assert [attached.attachment for attached in settings.inputs] == ["slate", "host"]
    (push,), (hls,) = settings.outputs.rtmp, settings.outputs.hls
    assert push.target.address() == ("127.0.0.1", 4321, None)
    assert push.target.url == "rtmps://a1b2c3.global-contribute.live-video.net:443/app/"
    assert (hls.bucket, hls.path, hls.segment_length) == ("recordings-test", "show/1/index", 2)
    assert hls.date_time
    assert hls.renditions[0].modifier


def test_secrets_are_not_shown() -> None:
    settings = read_channel(request(), INPUTS, ivs_port=4321)

    assert settings.outputs.rtmp[0].target.stream == "the-key"
    assert settings.inputs == (
        FileInput("slate", "s3ssl://media-test/slate.mp4", loop=True),
        RtmpInput("host", 1935, ("live/the-secret",)),
    )
    assert "the-key" not in repr(settings)
    assert "the-secret" not in repr(settings)


def test_without_recording_nothing_is_stored() -> None:
    assert read_channel(request(record="off"), INPUTS, ivs_port=4321).outputs.hls == ()


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        ({}, LossSettings()),
        (
            {"RepeatFrameMsec": 500, "BlackFrameMsec": 1_000_000, "InputLossImageColor": "8000FF"},
            LossSettings(0.5, math.inf, (128, 0, 255)),
        ),
        ({"RepeatFrameMsec": 0, "BlackFrameMsec": 0}, LossSettings(0.0, 0.0)),
    ],
)
def test_input_loss(behavior: dict[str, Any], expected: LossSettings) -> None:
    asked = request()
    asked["EncoderSettings"]["GlobalConfiguration"]["InputLossBehavior"] = behavior

    assert read_channel(asked, INPUTS, ivs_port=4321).loss == expected


def test_gops_and_rates_as_fractions() -> None:
    asked = request()
    codec = asked["EncoderSettings"]["VideoDescriptions"][0]["CodecSettings"]["H264Settings"]
    codec |= {"FramerateNumerator": 30000, "FramerateDenominator": 1001, "GopSize": 48, "GopSizeUnits": "FRAMES"}

    video = read_channel(asked, INPUTS, ivs_port=4321).videos[0]

    assert (video.rate, video.gop) == (Fraction(30000, 1001), 48)


def test_other_rtmp_servers_are_called_where_they_are() -> None:
    asked = request()
    asked["Destinations"][0]["Settings"][0]["Url"] = "rtmp://127.0.0.1:1999/restream"

    target = read_channel(asked, INPUTS, ivs_port=4321).outputs.rtmp[0].target

    assert target.address() == ("127.0.0.1", 1999, None)


def test_what_it_cannot_do_is_named() -> None:
    frames = request()
    frames["EncoderSettings"]["OutputGroups"][0]["OutputGroupSettings"] = {"FrameCaptureGroupSettings": {}}
    with pytest.raises(Unsupported, match="FrameCaptureGroupSettings"):
        read_channel(frames, INPUTS, ivs_port=4321)

    loop = request()
    loop["EncoderSettings"]["GlobalConfiguration"]["InputEndAction"] = "SWITCH_AND_LOOP_INPUTS"
    with pytest.raises(Unsupported, match="SWITCH_AND_LOOP_INPUTS"):
        read_channel(loop, INPUTS, ivs_port=4321)

    with pytest.raises(Unsupported, match="MEDIACONNECT"):
        read_channel(request(), INPUTS | {"0": {"Type": "MEDIACONNECT"}}, ivs_port=4321)

    elsewhere = request()
    elsewhere["Destinations"][1]["Settings"][0]["Url"] = "https://cdn.example/show/index"
    with pytest.raises(Unsupported, match="elsewhere than on S3"):
        read_channel(elsewhere, INPUTS, ivs_port=4321)


def test_what_it_cannot_do_is_known_before_the_start() -> None:
    plane: Any = SimpleNamespace(ivs_port=4321)
    asked = request()
    assert VideoPlane.lacks(plane, asked, INPUTS) is None
    asked["EncoderSettings"]["GlobalConfiguration"]["InputEndAction"] = "SWITCH_AND_LOOP_INPUTS"
    assert VideoPlane.lacks(plane, asked, INPUTS) == "InputEndAction SWITCH_AND_LOOP_INPUTS"


def test_files_and_their_variable() -> None:
    asked = request()
    asked["InputAttachments"][1]["InputSettings"] = {
        "SourceEndBehavior": "LOOP",
        "AudioSelectors": [
            {"Name": "default", "SelectorSettings": {"AudioTrackSelection": {"Tracks": [{"Track": 2}]}}}
        ],
    }
    asked |= {"StartAttachment": "host", "StartUrlPath": ["clips/a.mp4"]}
    files = INPUTS | {"0": {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://bucket/show/$urlPath$"}]}}

    settings = read_channel(asked, files, ivs_port=4321)

    file = settings.inputs[1]
    assert isinstance(file, FileInput)
    assert file == FileInput("host", "s3ssl://bucket/show/$urlPath$", loop=True, track=2)
    assert file.url_of("clips/a.mp4") == "s3ssl://bucket/show/clips/a.mp4"
    assert (settings.start, settings.start_path) == ("host", "clips/a.mp4")


def test_a_slate_is_an_image_only_if_it_is_asked_for() -> None:
    asked = request()
    behavior = {"InputLossImageType": "SLATE", "InputLossImageSlate": {"Uri": "s3ssl://bucket/slate.png"}}
    asked["EncoderSettings"]["GlobalConfiguration"]["InputLossBehavior"] = behavior
    assert read_channel(asked, INPUTS, ivs_port=4321).loss.slate == "s3ssl://bucket/slate.png"

    behavior["InputLossImageType"] = "COLOR"
    assert read_channel(asked, INPUTS, ivs_port=4321).loss.slate is None
