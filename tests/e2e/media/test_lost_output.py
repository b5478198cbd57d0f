"""A channel whose only output is refused for good: an alert, and in the end the channel stops by itself."""

from pathlib import Path
from typing import Any

from one_channel import eventually
from test_live_switching import HEIGHT, WIDTH, Desk

from sandbox.media.publisher import Publisher
from sandbox.media.testcard import write_clip
from sandbox.server import Sandbox


class Misdirected(Desk):
    """Sends to IVS only, and with a key that IVS does not know."""

    def _smaller(self, request: dict[str, Any]) -> dict[str, Any]:
        asked = super()._smaller(request)
        del asked["EncoderSettings"]["OutputGroups"][1], asked["Destinations"][1]
        asked["Destinations"][0]["Settings"][0]["StreamName"] = "sk_us-east-1_unknown"
        [output] = asked["EncoderSettings"]["OutputGroups"][0]["Outputs"]
        output["OutputSettings"]["RtmpOutputSettings"] |= {"NumRetries": 2, "ConnectionRetryInterval": 1}
        return asked


def test_retries_that_end_stop_the_channel(tmp_path: Path) -> None:
    clip = tmp_path / "host.mp4"
    write_clip(clip, "host", seconds=20, width=WIDTH, height=HEIGHT)
    with Sandbox(media=True, stack=False, timings="brief") as sandbox:
        desk = Misdirected(sandbox, {})
        desk.wait("created")
        desk.medialive.start_channel(ChannelId=desk.id)
        desk.wait("running")
        publisher = Publisher(desk.urls["host"], clip)
        publisher.start()

        def alerts() -> list[dict[str, Any]]:
            listed: list[dict[str, Any]] = desk.medialive.list_alerts(ChannelId=desk.id, StateFilter="ALL")["Alerts"]
            return [each for each in listed if each["AlertType"] != "Video Not Detected"]

        try:
            eventually(alerts, 60, "an alert")
            desk.wait("stopped")  # nobody has stopped it
        finally:
            publisher.stop()
        [alert] = alerts()
        assert alert["AlertType"] == "Failed to Create Output File or Socket"
        assert (alert["State"], alert["PipelineId"]) == ("CLEARED", "0")
        assert "unknown" not in alert["Message"], "the key is a secret"
