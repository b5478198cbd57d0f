"""All outputs of a running channel: encoded units in, each description's to every output that uses it."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from sandbox.media.alerts import Alerts
from sandbox.media.archive import Archive
from sandbox.media.bitstream import AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.files import s3_client
from sandbox.media.hls import HlsOutput, Multivariant, multivariant
from sandbox.media.output_settings import HlsGroup, OutputSettings
from sandbox.media.push import Push
from sandbox.media.store import PatientStore, S3Store
from sandbox.media.timeline import Timeline
from sandbox.media.ts import id3_txxx

STORE_TIMEOUT = 10.0  # seconds for the last segments, playlists and files


class Recording(Protocol):
    """An output that writes files."""

    def add(self, unit: VideoUnit | AudioUnit) -> None: ...

    def finish(self, timeout: float) -> None: ...


class Outputs:
    """Lives on an asyncio loop; `deliver` comes from the mixer's thread.

    `s3`: boto3's client arguments. `directory` keeps journals, and what is not stored yet.
    """

    def __init__(
        self,
        settings: OutputSettings,
        videos: Mapping[str, VideoEncoder],
        audios: Mapping[str, AudioEncoder],
        timeline: Timeline,
        s3: dict[str, Any],
        directory: Path,
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._videos, self._audios = videos, audios
        self._timeline = timeline
        self._directory = directory
        self._alerts = Alerts(report)
        self._client = s3_client(s3) if settings.hls or settings.archive else None
        self._users: dict[str, list[Callable[[VideoUnit | AudioUnit], None]]] = {}
        self._pushes: list[Push] = []
        self._hls: list[HlsOutput] = []
        self._recordings: list[Recording] = []
        for output in settings.rtmp:
            video, audio = videos[output.video], audios[output.audio]
            push = Push(output.target, video.config, audio.config, report, self._alerts)
            self._pushes.append(push)
            self._use(output, self._from_thread(push))
        for number, group in enumerate(settings.hls):
            self._add_hls(number, group)
        for number, files in enumerate(settings.archive):
            for at, archived in enumerate(files.outputs):
                archive = Archive(
                    files,
                    archived,
                    videos[archived.video],
                    audios[archived.audio],
                    timeline,
                    self._store(files.bucket, files.name + archived.modifier),
                    directory / f"archive-{number}-{at}",
                )
                self._recordings.append(archive)
                self._use(archived, archive.add)

    def start(self) -> None:
        for push in self._pushes:
            push.start()

    def deliver(self, description: str, unit: VideoUnit | AudioUnit) -> None:
        """A unit of a video or audio description."""
        for use in self._users.get(description, ()):
            use(unit)

    def schedule(self, settings: dict[str, Any]) -> bool:
        """A ScheduleAction's settings that take effect now; whether they are an output's concern."""
        match settings:
            case {"HlsId3SegmentTaggingSettings": dict() as tagging}:
                for output in self._hls:
                    output.tag(_id3(tagging))
            case {"HlsTimedMetadataSettings": {"Id3": str() as id3}}:
                for output in self._hls:
                    output.insert(base64.b64decode(id3))
            case _:
                return False
        return True

    async def finish(self) -> None:
        """Finalise everything."""
        await asyncio.gather(
            *(push.stop() for push in self._pushes),
            *(asyncio.to_thread(recording.finish, STORE_TIMEOUT) for recording in self._recordings),
        )

    def _add_hls(self, number: int, group: HlsGroup) -> None:
        index = Multivariant(
            self._store(group.bucket, group.name),
            f"{group.path}.m3u8",
            multivariant(group, self._videos, self._audios),
            len(group.renditions),
        )
        for at, rendition in enumerate(group.renditions):
            output = HlsOutput(
                group,
                rendition,
                self._videos[rendition.video],
                self._audios[rendition.audio],
                index,
                self._timeline,
                self._store(group.bucket, group.name + rendition.modifier),
                self._directory / f"hls-{number}-{at}.json",
            )
            self._hls.append(output)
            self._recordings.append(output)
            self._use(rendition, output.add)

    def _store(self, bucket: str, output: str) -> PatientStore:
        return PatientStore(S3Store(self._client, bucket), output, self._alerts)

    def _use(self, output: "Described", take: Callable[[VideoUnit | AudioUnit], None]) -> None:
        for description in {output.video, output.audio}:
            self._users.setdefault(description, []).append(take)

    def _from_thread(self, push: Push) -> Callable[[VideoUnit | AudioUnit], None]:
        def send(unit: VideoUnit | AudioUnit) -> None:
            self._loop.call_soon_threadsafe(push.send, unit)

        return send


class Described(Protocol):
    """An output's descriptions, by name."""

    @property
    def video(self) -> str: ...

    @property
    def audio(self) -> str: ...


def _id3(tagging: dict[str, Any]) -> bytes | None:
    """The tag of HlsId3SegmentTaggingSettings; an empty one ends the tagging."""
    if id3 := tagging.get("Id3"):
        return base64.b64decode(id3)
    return id3_txxx(tagging["Tag"]) if tagging.get("Tag") else None
