"""Make a whole video from an order: the film, its poster and its sheet."""

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
    """What to make."""

    prompts: tuple[str, ...]
    """The prompt; for a remix, all prompts of its line from the first ancestor on."""
    width: int
    height: int
    seconds: int
    reference: str | None = None
    """Path of an image of exactly width x height, to be the first frame."""
    source: str | None = None
    """Path of a film to go on from; it is the beginning."""
    source_seconds: int = 0
    least_seconds: float = 0.0
    """Take at least this long, evenly, so that a person can watch the progress."""


def render(order: RenderSpec, folder: Path) -> Iterator[int]:
    """Write the three files into `folder`, yielding percent done, 0..99; equal orders give equal films."""
    began = time.monotonic()
    canvas = Canvas(order.width, order.height)
    earlier = None
    if order.source:
        earlier = SourceFilm(Path(order.source), order.source_seconds, order.width, order.height)
    image = earlier.last_picture() if earlier else Image.open(order.reference) if order.reference else None
    scene = _scene(order, image)
    layers = compose(scene, canvas)
    finish, caption = PostProcessing(canvas), Caption(canvas, order.prompts[-1])
    opening = ReferenceIntro(image, order.width, order.height, scene.seed_for("veil")) if image else None
    start = earlier.seconds * FPS if earlier else 0
    frames = order.seconds * FPS
    stills = Stills(order.width, order.height, frames, FPS)
    sound = compose_sound(scene, order.seconds - start // FPS)
    if earlier:
        sound = np.concatenate([earlier.sound(), sound], axis=1)
    film = Mp4Writer(folder / VIDEO, order.width, order.height, sound, order.prompts[-1])
    for index, rgb in enumerate(earlier.pictures() if earlier else ()):
        _press(film, stills, rgb, index)
        yield math.floor(99 * (index + 1) / frames)
    # One thread encodes a frame while this one paints the next: both spend their time outside Python's lock.
    press = ThreadPoolExecutor(1)
    encoding: Future[object] = press.submit(int)
    for index in range(frames - start):
        moment, share = index / FPS, index / (frames - start)
        if not (opening and opening.hides_scene(share)):
            for layer in layers:
                layer.paint(canvas, moment)
        rgb = finish.develop(canvas, index)
        if opening:
            opening.lay_over(rgb, share)
        caption.print_on(rgb, moment)
        encoding.result()
        encoding = press.submit(_press, film, stills, rgb, start + index)
        yield math.floor(99 * (start + index + 1) / frames)
        time.sleep(max(0.0, began + order.least_seconds * (start + index + 1) / frames - time.monotonic()))
    encoding.result()
    film.close()
    stills.save(folder / THUMBNAIL, folder / SPRITESHEET)


def _press(film: Mp4Writer, stills: Stills, rgb: RgbFrame, index: int) -> None:
    stills.see(rgb, index)
    film.push(rgb)


def _scene(order: RenderSpec, image: Image.Image | None) -> Scene:
    """Imagine the scene; with a reference image, in colours that go with it."""
    scene = scene_from_prompts(order.prompts)
    hue = leading_hue(image) if image else None
    if hue is None:
        return scene
    return dataclasses.replace(scene, palette=scene.palette.changed(lambda rgb: tinted(rgb, hue, 0.45)))
