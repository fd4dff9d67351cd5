"""Render a whole video: the film, its thumbnail and its spritesheet."""

import dataclasses
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sora_sandbox.film import SPRITESHEET, THUMBNAIL, VIDEO
from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.caption import Caption
from sora_sandbox.film.colour import RgbFrame, tinted
from sora_sandbox.film.composition import compose
from sora_sandbox.film.encode import FPS, Mp4Writer
from sora_sandbox.film.post_processing import PostProcessing
from sora_sandbox.film.reference_intro import ReferenceIntro, leading_hue
from sora_sandbox.film.scene import Scene, scene_from_prompts
from sora_sandbox.film.sound import compose_sound
from sora_sandbox.film.source_film import SourceFilm
from sora_sandbox.film.stills import Stills


@dataclass(frozen=True)
class RenderSpec:
    """What to render."""

    prompts: tuple[str, ...]
    """The prompt; for a remix, those of all its ancestors first, from the oldest on."""
    width: int
    height: int
    seconds: int
    reference: str | None = None
    """Path of an image of exactly width x height, to be the first frame."""
    source: str | None = None
    """Path of a film to continue; it becomes the beginning."""
    source_seconds: int = 0
    least_seconds: float = 0.0
    """Take at least this long, evenly, so that a person can watch the progress."""
    hold: int = 1
    """Paint one picture for so many frames: the film jerks, and costs a fraction."""


def render(spec: RenderSpec, folder: Path) -> Iterator[int]:
    """Write the three files into `folder`, yielding percent done, 0..99; equal specs give equal files."""
    began = time.monotonic()
    canvas = Canvas(spec.width, spec.height)
    source = None
    if spec.source:
        source = SourceFilm(Path(spec.source), spec.source_seconds, spec.width, spec.height)
    image = source.last_frame() if source else Image.open(spec.reference) if spec.reference else None
    scene = _scene(spec, image)
    layers = compose(scene, canvas)
    post, caption = PostProcessing(canvas), Caption(canvas, spec.prompts[-1])
    intro = ReferenceIntro(image, spec.width, spec.height, scene.seed_for("veil")) if image else None
    start = source.seconds * FPS if source else 0
    frames = spec.seconds * FPS
    stills = Stills(spec.width, spec.height, frames, FPS)
    sound = compose_sound(scene, spec.seconds - start // FPS)
    if source:
        sound = np.concatenate([source.sound(), sound], axis=1)
    film = Mp4Writer(folder / VIDEO, spec.width, spec.height, sound, spec.prompts[-1])
    for index, rgb in enumerate(source.frames() if source else ()):
        _write(film, stills, rgb, index)
        yield math.floor(99 * (index + 1) / frames)
    # One thread encodes a frame while this one paints the next: both spend their time outside Python's lock.
    encoder = ThreadPoolExecutor(1)
    encoding: Future[object] = encoder.submit(int)
    rgb: RgbFrame = np.empty(0, np.uint8)
    for index in range(frames - start):
        moment, share = index / FPS, index / (frames - start)
        is_new = index % spec.hold == 0
        if is_new:
            if not (intro and intro.hides_scene(share)):
                for layer in layers:
                    layer.paint(canvas, moment)
            rgb = post.develop(canvas, index // spec.hold)
            if intro:
                intro.overlay(rgb, share)
            caption.draw_on(rgb, moment)
        encoding.result()
        encoding = encoder.submit(_write, film, stills, rgb, start + index, is_new=is_new)
        yield math.floor(99 * (start + index + 1) / frames)
        time.sleep(max(0.0, began + spec.least_seconds * (start + index + 1) / frames - time.monotonic()))
    encoding.result()
    film.close()
    stills.save(folder / THUMBNAIL, folder / SPRITESHEET)


def _write(film: Mp4Writer, stills: Stills, rgb: RgbFrame, index: int, *, is_new: bool = True) -> None:
    stills.add(rgb, index)
    if is_new:
        film.write(rgb)
    else:
        film.repeat()


def _scene(spec: RenderSpec, image: Image.Image | None) -> Scene:
    """Choose the scene; with a reference image, in colours that match it."""
    scene = scene_from_prompts(spec.prompts)
    hue = leading_hue(image) if image else None
    if hue is None:
        return scene
    return dataclasses.replace(scene, palette=scene.palette.changed(lambda rgb: tinted(rgb, hue, 0.45)))
