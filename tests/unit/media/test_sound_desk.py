"""Gain, remix and loudness normalisation on samples, without a clock."""

import math
from typing import Any

import numpy as np
import pytest

from sandbox.media.sound import SETTLING, Meter, Sound, SoundDesk, read_sound, track_of

RATE = 48_000
TICK = RATE // 30


def sine(left: float, right: float, ticks: int, start: int = 0) -> list[Sound]:
    """A tone with amplitudes for each channel, one block a tick."""
    at = np.arange(start * TICK, (start + ticks) * TICK) / RATE
    wave = np.sin(2 * np.pi * 1000 * at)
    whole = np.stack((left * wave, right * wave)).astype(np.float32)
    return np.split(whole, ticks, axis=1)


def desk(description: dict[str, Any], **configuration: Any) -> SoundDesk:
    return SoundDesk(read_sound(description, {"GlobalConfiguration": configuration}), RATE)


def remix(*levels: tuple[int, int, int], out: int = 2) -> dict[str, Any]:
    """`levels`: (output channel, input channel, gain)."""
    mappings = [
        {
            "OutputChannel": channel,
            "InputChannelLevels": [
                {"InputChannel": source, "Gain": gain} for to, source, gain in levels if to == channel
            ],
        }
        for channel in range(out)
    ]
    return {"RemixSettings": {"ChannelMappings": mappings, "ChannelsIn": 2, "ChannelsOut": out}}


def normalized(target: float | None = None, algorithm: str = "ITU_1770_2", **more: Any) -> dict[str, Any]:
    settings = {"Algorithm": algorithm, "AlgorithmControl": "CORRECT_AUDIO", **more}
    return {"AudioNormalizationSettings": settings if target is None else {**settings, "TargetLkfs": target}}


def level(samples: Sound) -> list[float]:
    """Each channel's amplitude in dB, -inf for silence."""
    power = np.sqrt(2 * np.mean(np.square(samples, dtype=np.float64), axis=1))
    return [20 * math.log10(value) if value > 1e-9 else -math.inf for value in power]


def loudness(blocks: list[Sound]) -> float:
    """Short-term loudness at the end."""
    meter = Meter(RATE)
    measured = [meter(block) for block in blocks][-1]
    assert measured is not None
    return measured[1]


def test_without_settings_nothing_is_touched() -> None:
    (block,) = sine(0.5, 0.25, 1)

    assert desk({})(block) is block


@pytest.mark.parametrize("gain", [-60, -24, -12, -1, 0, 3, 6])
def test_the_gain_of_a_remix(gain: int) -> None:
    (block,) = sine(0.4, 0.2, 1)

    left, right = level(desk(remix((0, 0, gain), (1, 1, gain)))(block))

    if gain == -60:
        assert (left, right) == (-math.inf, -math.inf)
    else:
        assert left == pytest.approx(20 * math.log10(0.4) + gain, abs=0.01)
        assert right == pytest.approx(20 * math.log10(0.2) + gain, abs=0.01)


def test_channels_are_crossed_and_summed() -> None:
    (block,) = sine(0.4, 0.1, 1)

    crossed = level(desk(remix((0, 1, 0), (1, 0, -6)))(block))
    summed = level(desk(remix((0, 0, 0), (0, 1, 0), out=1))(block))
    mono = level(desk({"CodecSettings": {"AacSettings": {"CodingMode": "CODING_MODE_1_0"}}})(block))
    third = level(desk(remix((0, 2, 0), (1, 1, 0)))(block))

    assert crossed == pytest.approx([-20.0, 20 * math.log10(0.4) - 6], abs=0.01)
    assert summed == pytest.approx([20 * math.log10(0.5)] * 2, abs=0.01)
    assert mono == pytest.approx([20 * math.log10(0.25)] * 2, abs=0.01)
    assert third == pytest.approx([-math.inf, -20.0], abs=0.01)


def test_the_initial_gain_comes_first_and_nothing_exceeds_full_scale() -> None:
    (block,) = sine(0.4, 0.4, 1)

    assert level(desk({}, InitialAudioGain=-10)(block))[0] == pytest.approx(20 * math.log10(0.4) - 10, abs=0.01)
    assert np.abs(desk({}, InitialAudioGain=40)(block)).max() == 1.0


@pytest.mark.parametrize("algorithm", ["ITU_1770_1", "ITU_1770_2", "ITU_1770_3", "ITU_1770_4"])
@pytest.mark.parametrize("amplitude", [0.03, 0.8])
def test_constant_sound_comes_to_the_target_and_stays_there(algorithm: str, amplitude: float) -> None:
    made = desk(normalized(-16.0, algorithm))

    out = [made(block) for block in sine(amplitude, amplitude, 12 * 30)]

    settled = round(SETTLING * 30)
    for end in (settled + 90, 12 * 30):
        assert loudness(out[:end]) == pytest.approx(-16.0, abs=1.0)


def test_another_level_settles_too() -> None:
    made = desk(normalized(-20.0))
    for block in sine(0.5, 0.5, 5 * 30):
        made(block)

    out = [made(block) for block in sine(0.02, 0.02, round(SETTLING * 30) + 90, start=150)]

    assert loudness(out[-90:]) == pytest.approx(-20.0, abs=1.0)


def test_a_pause_is_not_blown_up() -> None:
    made = desk(normalized(-20.0))
    for block in sine(0.2, 0.2, 6 * 30):
        made(block)
    assert made._leveller is not None
    before = made._leveller.gain

    for block in sine(0.002, 0.002, 2 * 30, start=180) + sine(0.0, 0.0, 10 * 30):
        made(block)

    assert made._leveller.gain == pytest.approx(before, abs=0.5)


def test_normalisation_levels_out_the_gain_before_it() -> None:
    quiet = desk({**remix((0, 0, -20), (1, 1, -20)), **normalized(-16.0)})

    out = [quiet(block) for block in sine(0.5, 0.5, 10 * 30)]

    assert loudness(out) == pytest.approx(-16.0, abs=1.0)


def test_the_peak_is_limited() -> None:
    made = desk(normalized(0.0, PeakLimiterThreshold=-3.0))

    out = [made(block) for block in sine(0.1, 0.1, 6 * 30)]

    assert max(float(np.abs(block).max()) for block in out) <= 10 ** (-3 / 20) + 1e-6
    assert level(out[-1])[0] == pytest.approx(-3.0, abs=0.2)  # turned down, not cut


@pytest.mark.parametrize(("algorithm", "target"), [("ITU_1770_1", -24.0), ("ITU_1770_2", -23.0)])
def test_default_targets(algorithm: str, target: float) -> None:
    normalization = read_sound(normalized(algorithm=algorithm), {}).normalization

    assert normalization is not None
    assert normalization.target == target


def test_the_track_of_a_selector() -> None:
    track = {"AudioTrackSelection": {"Tracks": [{"Track": 2}]}}
    selectors = [{"Name": "one"}, {"Name": "two", "SelectorSettings": track}]
    attachment = {"InputSettings": {"AudioSelectors": selectors}}

    assert track_of(attachment, "two") == 2
    assert track_of(attachment) == track_of(attachment, "one") == track_of({}) == 1
