"""When a level takes effect, said as it is."""

from typing import Any

import pytest
from test_channel import request

from showrunner.levels import of_programme, of_source
from showrunner.session import Attempt, Session, Source
from showrunner.sound import Level, Sound
from showrunner.switch import Switch

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
    told = of_source(session(sound=Sound(loudness_lkfs=loudness), levels={"host": wanted}), "host", None)
    assert (told.source, told.effect) == ("host", effect)
    assert words in told.message


@pytest.mark.parametrize(
    ("wanted", "on_air", "copies", "effect", "words"),
    [
        (Level(), "host", [], "in_effect", "as they were levelled"),
        (Level(-6), "host", [], "at_next_play", "once there is a copy"),
        (Level(-6), "tracks", ["down6", "down6"], "in_effect", "at -6 dB"),
        (Level(-6), "tracks", ["down6", None], "at_next_play", "stays"),
        (Level(), "tracks", ["down6"], "at_next_play", "+0 dB counts from the next play"),
        (Level(3, mute=True), "tracks", ["mute"], "in_effect", "at muted"),
    ],
)
def test_files(wanted: Level, on_air: str, copies: list[str | None], effect: str, words: str) -> None:
    """`copies`: of the track on air and those that follow."""
    running = Attempt("show", 1, on_air=on_air, on_air_copy=copies[0] if copies else None)
    following = [Switch(str(n), "tracks", "ann", "", "m", copy=each) for n, each in enumerate(copies[1:])]
    running.switches = {each.action: each for each in following}
    show = Session(id="show", owner="ann", sources=[Source("host"), Source("tracks", "MP4_FILE")])
    show.levels = {"tracks": wanted}
    told = of_source(show, "tracks", running)
    assert (told.effect, words in told.message) == (effect, True), told
    assert of_source(show, "tracks", None).effect == ("at_next_play" if wanted.copy else "in_effect")


@pytest.mark.parametrize(
    ("level", "copy"),
    [(Level(), None), (Level(6), "up6"), (Level(-6), "down6"), (Level(-60), "mute"), (Level(3, mute=True), "mute")],
)
def test_what_a_copy_is_called(level: Level, copy: str | None) -> None:
    assert level.copy == copy


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
