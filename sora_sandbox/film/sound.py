"""A quiet soundtrack: a warm chord that swells, and a few bells. Its key and mood come from the scene."""

# ruff: noqa: PLR2004  (chances)

import numpy as np

from sora_sandbox.film.colour import Array
from sora_sandbox.film.scene import Scene

RATE = 48_000
"""Samples per second."""

_BRIGHT = ((0, 7, 14, 16, 23), (0, 7, 12, 16, 21), (-5, 7, 11, 14, 19))
_DARK = ((0, 7, 15, 17, 22), (-4, 8, 12, 15, 19), (0, 10, 14, 15, 22))
_SCALES = ((0, 2, 4, 7, 9), (0, 3, 5, 7, 10))


def compose_sound(scene: Scene, seconds: int) -> Array:
    """Return stereo sound of exactly `seconds`, float32 of shape (2, samples), within -1..1."""
    rng = np.random.default_rng(scene.seed_for("sound"))
    total = seconds * RATE
    root = 110.0 * 2 ** (int(rng.integers(-3, 5)) / 12)
    chords = _DARK if scene.is_dark else _BRIGHT
    turn = int(rng.integers(3))
    sound = np.zeros((2, total), np.float32)
    bar = 4 * RATE
    for index, start in enumerate(range(0, total, bar)):
        _pad(sound, rng, root, chords[(turn + index) % 3], start, bar)
    _bells(sound, rng, root * 4, _SCALES[scene.is_dark], scene.pace)
    sound = _with_reverb(sound)
    edge = np.minimum(np.arange(total) / (0.5 * RATE), (total - np.arange(total)) / (0.9 * RATE))
    sound *= np.clip(edge, 0, 1).astype(np.float32)
    return np.tanh(sound * np.float32(0.9 / max(float(np.abs(sound).max()), 1e-6)) * 0.55).astype(np.float32)


def _pad(
    sound: Array, rng: np.random.Generator, root: float, chord: tuple[int, ...], start: int, length: int
) -> None:
    """Add one bar of the chord: it swells, overlaps the next bar, and beats between left and right."""
    count = min(int(length * 1.35), sound.shape[1] - start)
    time = np.arange(count, dtype=np.float32) / RATE
    swell = np.sin(np.pi * np.clip(np.arange(count, dtype=np.float32) / (length * 1.35), 0, 1)) ** 0.7
    for voice, step in enumerate(chord):
        pitch = root * 2 ** (step / 12)
        for side in (0, 1):
            tone = np.zeros(count, np.float32)
            for partial, loud in ((1, 1.0), (2, 0.28), (3, 0.10)):
                detune = 1 + float(rng.uniform(-0.0016, 0.0016))
                phase = float(rng.uniform(0, 6.3))
                tone += np.sin(
                    np.float32(2 * np.pi * pitch * partial * detune) * time + np.float32(phase)
                ) * np.float32(loud)
            sound[side, start : start + count] += tone * swell * np.float32(0.16 / (1 + 0.35 * voice))


def _bells(sound: Array, rng: np.random.Generator, root: float, scale: tuple[int, ...], pace: float) -> None:
    """Add soft bells on a slow grid, some beats left out."""
    total = sound.shape[1]
    beat = int(RATE * 0.5 / min(max(pace, 0.7), 1.5))
    for start in range(beat, total - beat, beat):
        if rng.random() < 0.45:
            continue
        pitch = root * 2 ** (int(rng.choice(scale)) / 12 + int(rng.integers(0, 2)))
        count = min(int(1.6 * RATE), total - start)
        time = np.arange(count, dtype=np.float32) / RATE
        tone = np.sin(np.float32(2 * np.pi * pitch) * time) + 0.3 * np.sin(
            np.float32(2 * np.pi * pitch * 2.76) * time
        ) * np.exp(-9 * time)
        tone *= np.exp(-3.2 * time) * np.minimum(time / 0.004, 1) * np.float32(0.10)
        place = float(rng.uniform(0.25, 0.75))
        sound[0, start : start + count] += tone * np.float32(1 - place)
        sound[1, start : start + count] += tone * np.float32(place)


def _with_reverb(sound: Array) -> Array:
    """Add a little reverb: a few early echoes that cross sides."""
    wet = sound.copy()
    for delay, loud in ((0.083, 0.22), (0.149, 0.16), (0.271, 0.12), (0.397, 0.08)):
        shift = int(delay * RATE)
        wet[:, shift:] += sound[::-1, :-shift] * np.float32(loud)
    return wet
