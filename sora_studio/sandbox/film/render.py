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

from sora_studio.sandbox.film import SPRITESHEET, THUMBNAIL, VIDEO
from sora_studio.sandbox.film.canvas import Canvas
from sora_studio.sandbox.film.caption import Caption
from sora_studio.sandbox.film.colour import Bits, tinted
from sora_studio.sandbox.film.earlier import Earlier
from sora_studio.sandbox.film.encode import FPS, Mp4Writer
from sora_studio.sandbox.film.finish import Finish
from sora_studio.sandbox.film.opening import Opening, leading_hue
from sora_studio.sandbox.film.picture import compose
from sora_studio.sandbox.film.scene import Scene, imagine
from sora_studio.sandbox.film.sound import compose_sound
from sora_studio.sandbox.film.stills import Stills


@dataclass(frozen=True)
class Order:
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


def render(order: Order, folder: Path) -> Iterator[int]:
    """Write the three files into `folder`, yielding percent done, 0..99; equal orders give equal films."""
    began = time.monotonic()
    canvas = Canvas(order.width, order.height)
    earlier = None
    if order.source:
        earlier = Earlier(Path(order.source), order.source_seconds, order.width, order.height)
    image = earlier.last_picture() if earlier else Image.open(order.reference) if order.reference else None
    scene = _scene(order, image)
    layers = compose(scene, canvas)
    finish, caption = Finish(canvas), Caption(canvas, order.prompts[-1])
    opening = Opening(image, order.width, order.height, scene.salted("veil")) if image else None
    start = earlier.seconds * FPS if earlier else 0
    frames = order.seconds * FPS
    stills = Stills(order.width, order.height, frames, FPS)
    sound = compose_sound(scene, order.seconds - start // FPS)
    if earlier:
        sound = np.concatenate([earlier.sound(), sound], axis=1)
    film = Mp4Writer(folder / VIDEO, order.width, order.height, sound, order.prompts[-1])
    for index, bits in enumerate(earlier.pictures() if earlier else ()):
        _press(film, stills, bits, index)
        yield math.floor(99 * (index + 1) / frames)
    # One thread encodes a frame while this one paints the next: both spend their time outside Python's lock.
    press = ThreadPoolExecutor(1)
    encoding: Future[object] = press.submit(int)
    for index in range(frames - start):
        moment, share = index / FPS, index / (frames - start)
        if not (opening and opening.hides_scene(share)):
            for layer in layers:
                layer.paint(canvas, moment)
        bits = finish.develop(canvas, index)
        if opening:
            opening.lay_over(bits, share)
        caption.print_on(bits, moment)
        encoding.result()
        encoding = press.submit(_press, film, stills, bits, start + index)
        yield math.floor(99 * (start + index + 1) / frames)
        time.sleep(max(0.0, began + order.least_seconds * (start + index + 1) / frames - time.monotonic()))
    encoding.result()
    film.close()
    stills.save(folder / THUMBNAIL, folder / SPRITESHEET)


def _press(film: Mp4Writer, stills: Stills, bits: Bits, index: int) -> None:
    stills.see(bits, index)
    film.push(bits)


def _scene(order: Order, image: Image.Image | None) -> Scene:
    """Imagine the scene; with a reference image, in colours that go with it."""
    scene = imagine(order.prompts)
    hue = leading_hue(image) if image else None
    if hue is None:
        return scene
    return dataclasses.replace(scene, palette=scene.palette.changed(lambda rgb: tinted(rgb, hue, 0.45)))
