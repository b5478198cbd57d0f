"""`showrunner overlay`: what is asked of the API, and what is printed."""

from fake_api import FakeApi, Run


def test_on_and_off(api: FakeApi, run: Run) -> None:
    api.on("PUT", "/sessions/a/overlay", (202, {"message": "MediaLive has accepted it for layer 0.", "overlay": {}}))
    assert run("overlay", "a", "m-1", "--x", "20", "--fade", "500").stdout == "MediaLive has accepted it for layer 0.\n"
    assert run("overlay", "a", "--off", "--layer", "2", "--json").exit_code == 0
    on, off = api.bodies()
    assert on == {"image": "m-1", "x": 20, "y": 0, "opacity": 100, "fade_ms": 500, "layer": 0}
    assert "image" not in off
    assert off["layer"] == 2


def test_an_image_or_off(api: FakeApi, run: Run) -> None:
    for arguments in (("overlay", "a"), ("overlay", "a", "m-1", "--off")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "--off" in result.stderr
