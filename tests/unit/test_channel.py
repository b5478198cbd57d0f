"""What MediaLive is asked for: accepted by botocore, dressed for IVS, and without a part nobody wants."""

import itertools
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from showrunner.channel import channel_request, rtmps_url
from showrunner.profiles import PROFILES
from showrunner.session import SLATE, Session, Source

MODEL = botocore.session.get_session().get_service_model("medialive").operation_model("CreateChannel").input_shape


def request(**changes: Any) -> dict[str, Any]:
    session = Session(id="show", owner="ann", **changes)
    return channel_request(
        session,
        name="test-show-1",
        tags={"showrunner:session": "show"},
        role_arn="arn:aws:iam::123456789012:role/medialive",
        inputs={SLATE: "slate"} | {source.name: str(n) for n, source in enumerate(session.sources)},
        ingest_endpoint="a1b2c3.global-contribute.live-video.net",
        stream_key="the-key",
        recordings="recordings-test/show/1",
        sound=session.sound,
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("record", ["auto", "manual", "off"])
def test_botocore_accepts_every_profile_and_record_mode(profile: str, record: str) -> None:
    report = ParamValidator().validate(request(profile=profile, record=record), MODEL)
    assert report.generate_report() == ""


def test_it_has_pictures_made_of_the_source_on_air() -> None:
    assert request()["EncoderSettings"]["ThumbnailConfiguration"] == {"State": "AUTO"}


def test_the_stream_key_stands_in_the_ivs_destination_only() -> None:
    asked = request()
    (ivs, recording) = asked["Destinations"]
    assert ivs["Settings"] == [
        {"Url": "rtmps://a1b2c3.global-contribute.live-video.net:443/app/", "StreamName": "the-key"}
    ]
    assert recording["Settings"] == [{"Url": "s3ssl://recordings-test/show/1/index"}]
    assert str(asked).count("the-key") == 1


@pytest.mark.parametrize(
    "endpoint",
    ["a1.live-video.net", "rtmps://a1.live-video.net", "rtmps://a1.live-video.net:443/app/", "a1.live-video.net:443"],
)
def test_an_ingest_endpoint_becomes_one_url_however_it_is_dressed(endpoint: str) -> None:
    assert rtmps_url(endpoint) == "rtmps://a1.live-video.net:443/app/"


def test_without_recording_there_is_no_hls_group_and_no_destination_for_it() -> None:
    asked = request(record="off")
    assert [d["Id"] for d in asked["Destinations"]] == ["ivs"]
    assert [g["Name"] for g in asked["EncoderSettings"]["OutputGroups"]] == ["ivs"]


def test_the_slate_is_attached_first_and_the_sources_in_order_with_selectors_of_the_same_names() -> None:
    attachments = request(sources=[Source("host"), Source("callers")])["InputAttachments"]
    assert [a["InputAttachmentName"] for a in attachments] == ["slate", "host", "callers"]
    selectors = [a["InputSettings"]["AudioSelectors"] for a in attachments]
    assert [[each["Name"] for each in of_one] for of_one in selectors] == [["default"]] * 3
    # An RTMP input's have no settings; a file's say which track.
    assert ["SelectorSettings" in of_one[0] for of_one in selectors] == [True, False, False]
    assert [a["InputSettings"]["SourceEndBehavior"] for a in attachments] == ["LOOP", "CONTINUE", "CONTINUE"]


def test_every_description_and_destination_that_is_named_exists_once() -> None:
    asked = request()
    encoder = asked["EncoderSettings"]
    outputs = list(itertools.chain.from_iterable(g["Outputs"] for g in encoder["OutputGroups"]))
    assert {o["VideoDescriptionName"] for o in outputs} == {v["Name"] for v in encoder["VideoDescriptions"]}
    assert {n for o in outputs for n in o["AudioDescriptionNames"]} == {a["Name"] for a in encoder["AudioDescriptions"]}
    named = [g["OutputGroupSettings"].get("HlsGroupSettings", {}).get("Destination") for g in encoder["OutputGroups"]]
    assert {d["DestinationRefId"] for d in named if d} <= {d["Id"] for d in asked["Destinations"]}


def test_a_profile_fits_the_ivs_channel_type_it_asks_for() -> None:
    for profile in PROFILES.values():
        total = profile.video_bitrate + profile.audio_bitrate
        most = {"STANDARD": 8_500_000, "BASIC": 1_500_000 if profile.height <= 480 else 3_500_000}
        assert total <= most[profile.ivs_type], profile.name
