"""What happens to the sound before it is encoded, in MediaLive's order.

1. InitialAudioGain (GlobalConfiguration): one gain for everything, -60 to 60 dB.
2. RemixSettings (AudioDescriptions): each output channel is the sum of input channels, each with a gain of -60 to
   6 dB, where -60 mutes. Inputs are stereo here; channels beyond the second are silent.
3. AudioNormalizationSettings: a gain that follows the loudness measured (EBU R 128, which is ITU-R BS.1770), so that
   the programme comes to TargetLkfs. Applied last, it levels out whatever gain was set before it.

How the normalisation follows: the loudness of the last three seconds (short-term; in the first three the momentary
one) gives the gain that is due, and the gain goes there smoothly with a time constant of `FOLLOW` seconds. Constant
sound is within 1 LU of the target `SETTLING` seconds after it began or changed. ITU_1770_1 has no gate but for
silence; with the others, which are gated, the gain holds while the sound is more than 10 LU quieter than the last
three seconds, so that a pause between words is not blown up. MediaLive's own time constants are not documented. There
is no look-ahead: what the gain would lift above PeakLimiterThreshold (full scale by default) is turned down for as
long as it takes.

Source: botocore's model (AudioNormalizationSettings, RemixSettings); the gain order from the user guide.
"""

import math
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

Sound = npt.NDArray[np.float32]
Matrix = tuple[tuple[float, ...], ...]

MUTE = -60
FOLLOW = 0.7  # seconds
SETTLING = 6.0  # seconds
_LOWEST, _HIGHEST = -40.0, 30.0  # dB that the normalisation may apply
_SILENCE = -70.0  # LKFS; BS.1770's absolute gate
_RELATIVE_GATE = 10.0  # LU
_DEFAULT_TARGETS = {"ITU_1770_1": -24.0}  # the CALM Act's
_DEFAULT_TARGET = -23.0  # EBU R 128's
_RELEASE = 0.5  # seconds in which the limiter lets go
_STEREO: Matrix = ((1.0, 0.0), (0.0, 1.0))
_MONO: Matrix = ((0.5, 0.5), (0.5, 0.5))  # a mono description is encoded as two equal channels


@dataclass(frozen=True)
class NormalizationSettings:
    """`target` in LKFS, `peak` in dB of full scale."""

    target: float
    gated: bool
    peak: float = 0.0


@dataclass(frozen=True)
class SoundSettings:
    """`gain` in dB; `matrix` has a row of factors for each of the two output channels."""

    gain: float = 0.0
    matrix: Matrix = _STEREO
    normalization: NormalizationSettings | None = None


UNTOUCHED = SoundSettings()


def read_sound(description: dict[str, Any], encoder: dict[str, Any]) -> SoundSettings:
    """An AudioDescription's treatment; `encoder` are the EncoderSettings that it belongs to."""
    normalization = description.get("AudioNormalizationSettings")
    return SoundSettings(
        gain=encoder.get("GlobalConfiguration", {}).get("InitialAudioGain", 0),
        matrix=_matrix(description),
        normalization=None if normalization is None else _normalization(normalization),
    )


def _matrix(description: dict[str, Any]) -> Matrix:
    remix = description.get("RemixSettings")
    if remix is None:
        mono = description.get("CodecSettings", {}).get("AacSettings", {}).get("CodingMode") == "CODING_MODE_1_0"
        return _MONO if mono else _STEREO
    rows = {
        mapping["OutputChannel"]: {
            level["InputChannel"]: 0.0 if level["Gain"] <= MUTE else _factor(level["Gain"])
            for level in mapping["InputChannelLevels"]
        }
        for mapping in remix["ChannelMappings"]
    }
    if remix.get("ChannelsOut") == 1:
        rows[1] = rows.get(0, {})
    return tuple(tuple(rows.get(out, {}).get(source, 0.0) for source in (0, 1)) for out in (0, 1))


def _normalization(settings: dict[str, Any]) -> NormalizationSettings:
    algorithm = settings.get("Algorithm", "ITU_1770_1")
    default = _DEFAULT_TARGETS.get(algorithm, _DEFAULT_TARGET)
    return NormalizationSettings(
        target=settings.get("TargetLkfs", default),
        gated=algorithm != "ITU_1770_1",
        peak=settings.get("PeakLimiterThreshold", 0.0),
    )


def track_of(attachment: dict[str, Any], selector: str | None = None) -> int:
    """The audio track (1 is the first) that an attachment's AudioSelector asks for; of its first one by default."""
    for each in attachment.get("InputSettings", {}).get("AudioSelectors", []):
        if selector is None or each["Name"] == selector:
            tracks = each.get("SelectorSettings", {}).get("AudioTrackSelection", {}).get("Tracks", [])
            return int(tracks[0]["Track"]) if tracks else 1
    return 1


class SoundDesk:
    """The sound of one audio description: called once a tick with what the sources give, in order."""

    def __init__(self, settings: SoundSettings, sample_rate: int) -> None:
        self._matrix = np.array(settings.matrix, np.float32) * np.float32(_factor(settings.gain))
        self._plain = bool(np.array_equal(self._matrix, np.eye(2, dtype=np.float32)))
        self._leveller = Leveller(settings.normalization, sample_rate) if settings.normalization else None

    def __call__(self, samples: Sound) -> Sound:
        """`samples` and the result: shape (2, count), full scale 1."""
        if not self._plain:
            samples = _clipped(np.matmul(self._matrix, samples, dtype=np.float32), 1.0)
        return samples if self._leveller is None else self._leveller(samples)


class Leveller:
    """Loudness normalisation. `gain` is what it applies now, in dB."""

    def __init__(self, settings: NormalizationSettings, sample_rate: int) -> None:
        self.gain = 0.0
        self._target = settings.target
        self._gated = settings.gated
        self._ceiling = _factor(settings.peak)
        self._sample_rate = sample_rate
        self._meter = Meter(sample_rate)
        self._factor = 1.0  # at the end of the last block
        self._limit = 1.0
        self._begun = False

    def __call__(self, samples: Sound) -> Sound:
        seconds = samples.shape[1] / self._sample_rate
        measured = self._meter(samples)
        if measured is not None and self._counts(*measured):
            due = min(_HIGHEST, max(_LOWEST, self._target - measured[1]))
            step = 1.0 - math.exp(-seconds / FOLLOW) if self._begun else 1.0
            self._begun = True
            self.gain += (due - self.gain) * step
        return self._applied(samples, seconds)

    def _counts(self, momentary: float, short_term: float) -> bool:
        """Whether the gain follows now."""
        if momentary < _SILENCE or short_term < _SILENCE:
            return False
        return not self._gated or momentary > short_term - _RELATIVE_GATE

    def _applied(self, samples: Sound, seconds: float) -> Sound:
        """The gain, from the last block's end to this one's, and below the ceiling."""
        peak = float(np.abs(samples).max(initial=0.0)) * max(_factor(self.gain), self._factor / self._limit)
        self._limit += (1.0 - self._limit) * min(1.0, seconds / _RELEASE)
        if peak * self._limit > self._ceiling:
            self._limit = self._ceiling / peak
        before, self._factor = self._factor, _factor(self.gain) * self._limit
        ramp = np.linspace(before, self._factor, samples.shape[1], dtype=np.float32)
        return _clipped(samples * ramp, self._ceiling)


class Meter:
    """Loudness by EBU R 128: momentary (0.4 s) and short-term (3 s; until then momentary), in LKFS."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._position = 0
        graph = Graph()
        source = graph.add_abuffer(format="fltp", sample_rate=sample_rate, layout="stereo")
        meter = graph.add("ebur128", "metadata=1")
        sink = graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        self._graph, self._source, self._sink = graph, source, sink
        self._newest: tuple[float, float] | None = None

    def __call__(self, samples: Sound) -> tuple[float, float] | None:
        """Take samples of shape (2, count); the newest values, None before there are any."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = self._sample_rate, self._position
        self._position += samples.shape[1]
        self._source.push(frame)
        while True:
            try:
                measured = self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return self._newest
            values = measured.metadata
            if "lavfi.r128.M" in values:
                momentary, short_term = float(values["lavfi.r128.M"]), float(values["lavfi.r128.S"])
                self._newest = momentary, short_term if short_term > _SILENCE * 1.5 else momentary


def _factor(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))


def _clipped(samples: Sound, ceiling: float) -> Sound:
    clipped: Sound = np.clip(samples, -ceiling, ceiling)
    return clipped
