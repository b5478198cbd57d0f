"""A stream that breaks a limit of IVS, from a push over a socket to the events: cut off as soon as it is seen."""

import asyncio
import socket
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sandbox.awsapi import Caller
from sandbox.clock import RealClock
from sandbox.ivs.service import Ivs
from sandbox.media import ivs_ingest
from sandbox.media.alerts import Alerts
from sandbox.media.bitstream import CLOCK, AudioConfig, VideoConfig, VideoUnit
from sandbox.media.encode import VideoEncoder
from sandbox.media.ivs_ingest import IvsIngest
from sandbox.media.push import Push, PushTarget
from sandbox.media.settings import VideoSettings

CALLER = Caller("root", "000000000000", "us-east-1")
AUDIO = AudioConfig(b"\x11\x90")


def config(width: int, height: int) -> VideoConfig:
    return VideoEncoder(VideoSettings("v", width, height, Fraction(30), 1_000_000, 1_000_000, 60)).config


class Broadcast:
    """A BASIC channel and an encoder that pushes to it; `told` are the names in IVS's events."""

    def __init__(self, directory: Path, video: VideoConfig) -> None:
        loop = asyncio.get_running_loop()
        self.told: list[str] = []
        self.reports: list[dict[str, Any]] = []
        self.ivs = Ivs(RealClock(loop), self._hear)
        self.ingest = IvsIngest(loop, directory, self.ivs)
        self.ivs.disconnect = self.ingest.rtmp.disconnect
        made = self.ivs.create_channel({"name": "show", "type": "BASIC"}, CALLER)
        self.channel, self.key = made["channel"], made["streamKey"]["value"]
        self._video = video

    async def begin(self) -> Push:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        await self.ingest.rtmp.listen(listener)
        target = PushTarget(
            "ivs",
            f"rtmps://{self.channel['ingestEndpoint']}:443/app/",
            self.key,
            retries=0,
            connect_to=("127.0.0.1", listener.getsockname()[1]),
        )
        push = Push(target, self._video, AUDIO, self.reports.append, Alerts(self.reports.append))
        push.start()
        await self.until(lambda: self.connected)
        return push

    @property
    def connected(self) -> bool:
        return [report["connected"] for report in self.reports if report["event"] == "output"] == [True]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)

    def _hear(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        self.told.append(detail.get("limit_name") or detail.get("event_name") or detail_type)


def test_a_picture_too_large_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        broadcast = Broadcast(tmp_path, config(2560, 1440))
        push = await broadcast.begin()
        push.send(VideoUnit(0, 0, True, (b"\x65x",)))
        await broadcast.until(lambda: not broadcast.connected)
        assert "Ingest Resolution" in broadcast.told
        assert "Stream Start" not in broadcast.told
        assert broadcast.ivs.list_streams({}, CALLER)["streams"] == []
        await push.stop()
        broadcast.ingest.rtmp.close()

    asyncio.run(asyncio.wait_for(run(), 15))


def test_too_many_bits_end_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ivs_ingest, "MEASURE", 0.05)

    async def run() -> None:
        broadcast = Broadcast(tmp_path, config(640, 360))
        push = await broadcast.begin()
        sent = 0
        while broadcast.connected and sent < 2_000:  # 4.8 Mbit/s of the stream's own time; BASIC allows 1.5 at 360p
            push.send(VideoUnit(sent * CLOCK // 30, sent * CLOCK // 30, sent % 30 == 0, (bytes(20_000),)))
            sent += 1
            await asyncio.sleep(0.005)
        assert not broadcast.connected
        assert broadcast.told.index("Stream Start") < broadcast.told.index("Ingest Bitrate")
        assert "Stream End" in broadcast.told
        await push.stop()
        broadcast.ingest.rtmp.close()

    asyncio.run(asyncio.wait_for(run(), 15))
