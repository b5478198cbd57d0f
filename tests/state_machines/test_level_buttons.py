"""Levels in the sandbox: what the channel is made with, what waits for the next start, and what is refused."""

from typing import Any

import pytest

from tests.studio import Studio


def put(studio: Studio, path: str, body: Any) -> dict[str, Any]:
    answer = studio.call("PUT", path, body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def audio_of(studio: Studio, show: str) -> dict[str, Any]:
    (channel,) = studio.channels(show)
    described = studio.aws["medialive"].describe_channel(ChannelId=channel["Id"])
    (audio,) = described["EncoderSettings"]["AudioDescriptions"]
    return dict(audio)


def test_the_programmes_level_counts_from_the_next_start(studio: Studio) -> None:
    show = studio.create(sound={"gain_db": -6})
    assert studio.session(show)["sound"]["effect"] == "at_next_start"
    studio.press(show, "start")
    studio.until(show, "live")
    mappings = audio_of(studio, show)["RemixSettings"]["ChannelMappings"]
    gains = [mapping["InputChannelLevels"][0]["Gain"] for mapping in mappings]
    assert gains == [-6, -6]
    assert studio.session(show)["sound"]["effect"] == "in_effect"

    told = put(studio, f"/sessions/{show}/audio", {"loudness_lkfs": -16})
    assert (told["effect"], told["gain_db"], told["loudness_lkfs"]) == ("at_next_start", 0, -16)
    assert "AudioNormalizationSettings" not in audio_of(studio, show)
    assert put(studio, f"/sessions/{show}/sources/host/audio", {"gain_db": 3})["effect"] == "overridden_by_loudness"
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.press(show, "start")
    studio.until(show, "live")
    audio = audio_of(studio, show)
    assert "RemixSettings" not in audio
    assert audio["AudioNormalizationSettings"]["TargetLkfs"] == -16.0
    assert studio.session(show)["sound"]["effect"] == "in_effect"
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_a_push_sources_level_is_set_at_its_sender(studio: Studio) -> None:
    show = studio.create(sources=[{"name": "host"}, {"name": "callers"}])
    told = put(studio, f"/sessions/{show}/sources/callers/audio", {"gain_db": -4})
    assert (told["source"], told["gain_db"], told["mute"], told["effect"]) == ("callers", -4, False, "at_sender")
    put(studio, f"/sessions/{show}/sources/callers/audio", {"gain_db": -4})
    assert put(studio, f"/sessions/{show}/sources/callers/audio", {"mute": True})["mute"] is True
    shown = studio.session(show)["levels"]
    assert [(each["source"], each["effect"]) for each in shown] == [("host", "in_effect"), ("callers", "at_sender")]
    entries = [(entry["text"], entry["by"]) for entry in studio.timeline(show) if entry["kind"] == "sound"]
    assert [text for text, _ in entries] == ["Level of 'callers': -4 dB", "Level of 'callers': muted"]
    assert len({by for _, by in entries}) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("audio", {"gain_db": 7}, 400, "from -60 to 6"),
        ("audio", {"gain_db": -6.5}, 400, "gain_db"),
        ("audio", {"loudness_lkfs": 3}, 400, "from -59 to 0"),
        ("audio", {"volume": 3}, 400, "Known: gain_db, mute, loudness_lkfs"),
        ("sources/host/audio", {"loudness_lkfs": -16}, 400, "Known: gain_db, mute"),
        ("sources/slate/audio", {"gain_db": 3}, 400, "silent"),
        ("sources/nobody/audio", {"gain_db": 3}, 404, "no source 'nobody'"),
        ("sources/no%20body/audio", {"gain_db": 3}, 400, "letters, digits"),
    ],
)
def test_what_is_refused(studio: Studio, path: str, body: Any, status: int, words: str) -> None:
    show = studio.create()
    answer = studio.call("PUT", f"/sessions/{show}/{path}", body)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert studio.session(show)["sound"]["gain_db"] == 0


def test_another_users_levels_are_not_found(studio: Studio) -> None:
    show = studio.create()
    other = studio.another("bob-of-levels@example.com")
    assert other.call("PUT", f"/sessions/{show}/audio", {"gain_db": -6}).status_code == 404
    assert other.call("PUT", f"/sessions/{show}/sources/host/audio", {"mute": True}).status_code == 404
