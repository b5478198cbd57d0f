"""A foreign publisher: ffmpeg (the one that imageio-ffmpeg brings) sends a clip again and again in real time.

The address holds the stream name, a secret: it is never shown, also not in ffmpeg's own words.
"""

import contextlib
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg


class Publisher:
    """One ffmpeg process. `start` may be called again after `stop`, or after it failed."""

    def __init__(self, url: str, clip: Path) -> None:
        self._url = url
        self._clip = clip
        self._process: subprocess.Popen[bytes] | None = None
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this object

    def start(self) -> None:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin"]
        command += ["-re", "-stream_loop", "-1", "-i", str(self._clip), "-c", "copy", "-f", "flv", self._url]
        self._words.seek(0)
        self._words.truncate()
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._words)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self, timeout: float) -> str | None:
        """Wait for it to end by itself: why it did, or None if it still runs after `timeout` seconds."""
        if self._process is None:
            return "not started"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
            return self.failure()
        return None

    def failure(self) -> str | None:
        """ffmpeg's words once it has ended, without the address; None while it runs."""
        if self._process is None or self.running:
            return None
        self._words.seek(0)
        words = self._words.read().decode(errors="replace").strip()
        for secret in (self._url, self._url.rpartition("/")[2]):
            words = words.replace(secret, "***")
        return words or f"ended with status {self._process.returncode}"

    def stop(self) -> None:
        """End it as a dying machine would: without a goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
