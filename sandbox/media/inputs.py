"""A channel's inputs: push inputs, decoded all the time, and files, opened anew for each time they are on air."""

from av.container import InputContainer

from sandbox.media.alerts import Alerts
from sandbox.media.files import Files
from sandbox.media.input_settings import FileInput, RtmpInput
from sandbox.media.playback import Playback
from sandbox.media.source import Input, Source
from sandbox.media.timeline import Timeline

_ALERT = "Failed to Open Input"


class Inputs:
    """`sources` are the push inputs by attachment."""

    def __init__(
        self,
        attached: tuple[RtmpInput | FileInput, ...],
        timeline: Timeline,
        sample_rate: int,
        files: Files,
        alerts: Alerts,
    ) -> None:
        self.sources = {
            each.attachment: Source(each.attachment, timeline, sample_rate)
            for each in attached
            if isinstance(each, RtmpInput)
        }
        self._attached = {each.attachment: each for each in attached}
        self._timeline = timeline
        self._sample_rate = sample_rate
        self._files = files
        self._alerts = alerts

    def open(self, attachment: str, path: str | None) -> Input:
        """The input, to be put on air; `path` completes the URL of a file. Raises KeyError if it isn't attached."""
        settings = self._attached[attachment]
        if isinstance(settings, RtmpInput):
            return self.sources[attachment]
        url = settings.url_of(path)
        return Playback(
            lambda: self._open_file(attachment, url),
            self._timeline,
            self._sample_rate,
            lambda error: self._complain(attachment, error),
            loop=settings.loop,
            track=settings.track,
        )

    def url(self, attachment: str, path: str | None) -> str | None:
        """What is played there, without any query; None for a push input."""
        settings = self._attached[attachment]
        return settings.url_of(path).partition("?")[0] if isinstance(settings, FileInput) else None

    def _open_file(self, attachment: str, url: str) -> InputContainer:
        container = self._files.open(url)
        self._alerts.clear(f"file-{attachment}")
        return container

    def _complain(self, attachment: str, error: str) -> None:
        self._alerts.set(f"file-{attachment}", _ALERT, f"input {attachment}: the file could not be read ({error})")
