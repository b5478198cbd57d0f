"""The sound of three audio descriptions of one channel, measured on what was recorded."""

import math
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from one_channel import STREAM, Studio, channel, eventually, undisturbed

from sandbox.media.publisher import Publisher
from sandbox.media.sound import SETTLING, Meter, Sound

RATE = 48_000
MEASURED = 3.0  # seconds of the short-term loudness
TARGET = -22.0


def described() -> dict[str, Any]:
    """A recording whose outputs differ in their sound only."""
    made = channel()
    encoder = made["EncoderSettings"]
    (audio,) = encoder["AudioDescriptions"]
    levels = [{"OutputChannel": n, "InputChannelLevels": [{"InputChannel": n, "Gain": -12}]} for n in (0, 1)]
    quieter = {"RemixSettings": {"ChannelMappings": levels, "ChannelsIn": 2, "ChannelsOut": 2}}
    corrected = {"Algorithm": "ITU_1770_2", "AlgorithmControl": "CORRECT_AUDIO", "TargetLkfs": TARGET}
    encoder["AudioDescriptions"] = [
        {**audio, "Name": "plain"},
        {**audio, "Name": "quieter", **quieter},
        {**audio, "Name": "levelled", **quieter, "AudioNormalizationSettings": corrected},
    ]
    recording = encoder["OutputGroups"][1]
    recording["Outputs"] = [
        {
            "OutputSettings": {"HlsOutputSettings": {"NameModifier": f"_{name}"}},
            "VideoDescriptionName": "video",
            "AudioDescriptionNames": [name],
        }
        for name in ("plain", "quieter", "levelled")
    ]
    encoder["OutputGroups"] = [recording]
    return made


def sound_of(playlist: Path) -> Sound:
    """Both channels, decoded: shape (2, count)."""
    resampler = av.AudioResampler("fltp", "stereo", RATE)
    with av.open(str(playlist)) as container:
        blocks = [block.to_ndarray() for frame in container.decode(audio=0) for block in resampler.resample(frame)]
    return np.concatenate(blocks, axis=1).astype(np.float32)


def loudness(sound: Sound) -> list[tuple[float, float]]:
    """(seconds, short-term loudness), a tenth of a second apart."""
    meter = Meter(RATE)
    blocks = [sound[:, at : at + RATE // 10] for at in range(0, sound.shape[1] - RATE // 10, RATE // 10)]
    measured = [(n / 10, meter(block)) for n, block in enumerate(blocks, start=1)]
    return [(seconds, values[1]) for seconds, values in measured if values is not None]


def record(studio: Studio, clip: Path, folder: Path) -> None:
    """Twelve seconds of it, by a channel of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    studio.reports.clear()
    port = studio.call(studio.plane.allocate_port)
    inputs = {"1": {"Type": "RTMP_PUSH", "Port": port, "StreamNames": [STREAM]}}
    encoder = studio.call(studio.plane.start, described(), inputs, studio.reports.append)
    eventually(lambda: studio.reported(event="running"), 60, "the encoder runs")
    publisher = Publisher(f"rtmp://127.0.0.1:{port}/{STREAM}", clip)
    publisher.start()
    try:
        eventually(lambda: (folder / "index_levelled_00006.ts").exists(), 60, "twelve seconds are recorded")
    finally:
        studio.stop(encoder)
        publisher.stop()


def test_gain_and_loudness(studio: Studio, host_clip: Path, tmp_path: Path) -> None:
    recording = tmp_path / "s3/recordings/show-1/hls"
    undisturbed(lambda: record(studio, host_clip, recording))

    plain, quieter, levelled = (sound_of(recording / f"index_{name}.m3u8") for name in ("plain", "quieter", "levelled"))

    # The gain, on what both have after the start.
    steady = slice(2 * RATE, 10 * RATE)
    for before, after in zip(plain, quieter, strict=True):
        power = float(np.mean(np.square(after[steady]))) / float(np.mean(np.square(before[steady])))
        assert 10 * math.log10(power) == pytest.approx(-12.0, abs=0.5)

    # The loudness: what is normalised is so whatever gain came before it.
    assert abs(loudness(plain)[-1][1] - TARGET) > 4.0
    assert abs(loudness(quieter)[-1][1] - TARGET) > 1.5
    settled = [value for seconds, value in loudness(levelled) if seconds >= SETTLING + MEASURED]
    assert len(settled) > 20
    assert max(abs(value - TARGET) for value in settled) < 1.0
