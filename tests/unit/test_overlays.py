"""Overlays as MediaLive is asked for them, and what is refused before."""

from typing import Any

import pytest
from test_channel import request

from sandbox.medialive.actions import abilities, faults
from sandbox.medialive.inputs import Input
from showrunner.channel import output_names
from showrunner.overlay import Overlay, activation, deactivation, misfit
from showrunner.profiles import PROFILES
from showrunner.session import Record, Session
from tests.contract.medialive_requests import IMMEDIATE

LOGO = Overlay(image="m-1", x=20, y=10, opacity=80, fade_ms=500, layer=2)


def test_until_it_is_taken_off() -> None:
    assert activation(LOGO, "s3ssl://media/logo.png", ["ivs"]) == {
        "StaticImageOutputActivateSettings": {
            "Image": {"Uri": "s3ssl://media/logo.png"},
            "ImageX": 20,
            "ImageY": 10,
            "Layer": 2,
            "Opacity": 80,
            "FadeIn": 500,
            "OutputNames": ["ivs"],
        }
    }
    assert deactivation(Overlay(layer=2, fade_ms=500), ["ivs"]) == {
        "StaticImageOutputDeactivateSettings": {"Layer": 2, "FadeOut": 500, "OutputNames": ["ivs"]}
    }


def test_scaled_and_for_a_time() -> None:
    settings = activation(
        Overlay(image="m-1", width=320, height=90, seconds=5, fade_ms=200), "s3ssl://a/b.png", ["ivs"]
    )
    asked = settings["StaticImageOutputActivateSettings"]
    assert (asked["Width"], asked["Height"], asked["Duration"], asked["FadeOut"]) == (320, 90, 5000, 200)


@pytest.mark.parametrize("record", ["auto", "off"])
def test_the_channel_takes_them_on_all_its_outputs(record: Record) -> None:
    session, channel = Session(id="show", owner="ann", record=record), request(record=record)
    inputs = {each["InputId"]: Input(each["InputId"], "", "", "RTMP_PUSH", {}) for each in channel["InputAttachments"]}
    can = abilities(channel, inputs)
    assert set(output_names(session)) == can.outputs
    for settings in (
        activation(LOGO, "s3ssl://a/b.png", output_names(session)),
        deactivation(LOGO, output_names(session)),
    ):
        action: dict[str, Any] = {
            "ActionName": "overlay",
            "ScheduleActionStartSettings": IMMEDIATE,
            "ScheduleActionSettings": settings,
        }
        assert list(faults(action, {}, can)) == []


@pytest.mark.parametrize(
    ("overlay", "why"),
    [
        (Overlay(image="m-1"), None),
        (Overlay(image="m-1", x=639, y=359), None),
        (Overlay(image="m-1", width=641), "641x100"),
        (Overlay(image="m-1", height=400), "give a 'width' and 'height'"),
        (Overlay(image="m-1", x=640), "outside of the picture, which is 640x360"),
    ],
)
def test_an_image_fits_into_the_picture(overlay: Overlay, why: str | None) -> None:
    said = misfit(overlay, 200, 100, PROFILES["360p30"])
    assert said is None if why is None else why in str(said)
