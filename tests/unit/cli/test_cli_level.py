"""`showrunner level`: what is asked of the API, and what is printed."""

from fake_api import FakeApi, Run

ANSWER = {"effect": "at_sender", "message": "MediaLive can't: set 'host' to +3 dB where it is sent from."}


def test_a_source_and_the_programme(api: FakeApi, run: Run) -> None:
    api.on("PUT", "/sessions/a/sources/host/audio", (200, ANSWER))
    api.on("PUT", "/sessions/a/audio", (200, {"effect": "at_next_start", "message": "It counts from the next start."}))
    shown = run("level", "a", "host", "--gain", "3").stdout
    assert shown == "at sender: MediaLive can't: set 'host' to +3 dB where it is sent from.\n"
    assert run("level", "a", "--gain", "-6", "--loudness", "-16", "--json").exit_code == 0
    assert run("level", "a", "--mute").exit_code == 0
    assert api.bodies() == [
        {"gain_db": 3, "mute": False},
        {"gain_db": -6, "mute": False, "loudness_lkfs": -16},
        {"gain_db": 0, "mute": True, "loudness_lkfs": None},
    ]


def test_loudness_is_the_programmes(api: FakeApi, run: Run) -> None:
    result = run("level", "a", "host", "--loudness", "-16")
    assert result.exit_code == 2
    assert "leave out SOURCE" in result.stderr
