"""When a level takes effect, said as it is."""

from typing import Any

import pytest
from test_channel import request

from showrunner.levels import of_programme, of_source
from showrunner.session import Attempt, Session, Source
from showrunner.sound import Level, Sound

QUIETER = Sound(gain_db=-6)


def session(**changes: Any) -> Session:
    return Session(id="show", owner="ann", sources=[Source("host"), Source("callers")], **changes)


def attempt(sound: Sound) -> Attempt:
    return Attempt("show", 1, sound=sound)


@pytest.mark.parametrize(
    ("wanted", "running", "effect"),
    [
        (Sound(), None, "at_next_start"),
        (QUIETER, attempt(Sound()), "at_next_start"),
        (QUIETER, attempt(QUIETER), "in_effect"),
        (Sound(loudness_lkfs=-16), attempt(Sound(loudness_lkfs=-16)), "in_effect"),
        (Sound(loudness_lkfs=-16, gain_db=-6), attempt(Sound()), "overridden_by_loudness"),
        (Sound(loudness_lkfs=-16, mute=True), attempt(Sound(loudness_lkfs=-16, mute=True)), "in_effect"),
    ],
)
def test_the_programme(wanted: Sound, running: Attempt | None, effect: str) -> None:
    told = of_programme(session(sound=wanted), running)
    assert told.effect == effect
    assert (told.gain_db, told.mute, told.loudness_lkfs) == (wanted.gain_db, wanted.mute, wanted.loudness_lkfs)


@pytest.mark.parametrize(
    ("wanted", "loudness", "effect", "words"),
    [
        (Level(), None, "in_effect", "as it is sent"),
        (Level(gain_db=3), None, "at_sender", "set 'host' to +3 dB"),
        (Level(gain_db=3, mute=True), None, "at_sender", "mute 'host'"),
        (Level(gain_db=3), -16, "overridden_by_loudness", "-16 LKFS"),
        (Level(mute=True), -16, "at_sender", "mute 'host'"),
    ],
)
def test_a_push_source(wanted: Level, loudness: int | None, effect: str, words: str) -> None:
    told = of_source(session(sound=Sound(loudness_lkfs=loudness), levels={"host": wanted}), "host")
    assert (told.source, told.effect) == ("host", effect)
    assert words in told.message


def audio(sound: Sound) -> dict[str, Any]:
    (description,) = request(sound=sound)["EncoderSettings"]["AudioDescriptions"]
    return dict(description)


def test_the_channel_gets_the_programmes_level() -> None:
    assert not audio(Sound()).keys() & {"RemixSettings", "AudioNormalizationSettings"}
    remix = audio(QUIETER)["RemixSettings"]
    assert [(m["OutputChannel"], m["InputChannelLevels"]) for m in remix["ChannelMappings"]] == [
        (0, [{"InputChannel": 0, "Gain": -6}]),
        (1, [{"InputChannel": 1, "Gain": -6}]),
    ]
    muted = audio(Sound(gain_db=3, mute=True))["RemixSettings"]["ChannelMappings"]
    assert {mapping["InputChannelLevels"][0]["Gain"] for mapping in muted} == {-60}
    assert audio(Sound(loudness_lkfs=-16))["AudioNormalizationSettings"] == {
        "Algorithm": "ITU_1770_2",
        "AlgorithmControl": "CORRECT_AUDIO",
        "TargetLkfs": -16.0,
    }
