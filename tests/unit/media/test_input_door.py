"""What can't be decoded is told of the input that is on air, and of no other."""

from typing import Any

from sandbox.media.alerts import Alerts
from sandbox.media.channel import InputDoor
from sandbox.media.input_settings import RtmpInput


class Undecodable:
    """A source whose publisher sends what nobody can decode."""

    def connect(self, complain: Any) -> Any:
        complain("input callers: only H.264 and AAC can be decoded")


def test_an_alert_comes_and_goes_with_being_on_air() -> None:
    told: list[Any] = []
    alerts: list[tuple[str, bool]] = []

    def report(said: dict[str, Any]) -> None:
        told.append(said)
        if said["event"] == "alert":
            alerts.append((said["id"], said["set"]))

    settings = RtmpInput("callers", 1935, ("live/secret",))
    door = InputDoor(settings, Undecodable(), Alerts(report), report)  # type: ignore[arg-type]
    door.open("callers")
    assert alerts == []
    door.look(on_air=True)
    door.look(on_air=False)
    door.look(on_air=True)
    assert alerts == [("codec-callers", True), ("codec-callers", False), ("codec-callers", True)]
    door.open("callers")
    assert alerts[3:] == [("codec-callers", False), ("codec-callers", True)]
