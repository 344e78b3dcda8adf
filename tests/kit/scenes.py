"""Made-up photographs, each another, and what people do to one so that it passes for new."""

import io
import random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter


def scene(seed: int) -> Image.Image:
    """Things of some shapes and colours on a table before a wall, with the noise of a camera."""
    dice = random.Random(seed)
    wide, high = dice.choice([(800, 600), (600, 800), (960, 720)])

    def colour() -> tuple[int, int, int]:
        return dice.randrange(256), dice.randrange(256), dice.randrange(256)

    picture = Image.new("RGB", (wide, high), colour())
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, dice.randrange(high // 2, high - 40), wide, high), fill=colour())
    for _ in range(dice.randrange(3, 12)):
        x, y, across, down = (
            dice.randrange(wide),
            dice.randrange(high),
            dice.randrange(40, 300),
            dice.randrange(40, 300),
        )
        box = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
        kind = dice.randrange(3)
        if kind == 0:
            pen.rectangle(box, fill=colour())
        elif kind == 1:
            pen.ellipse(box, fill=colour())
        else:
            corners = [(x + dice.randrange(-across, across), y + dice.randrange(-down, down)) for _ in range(4)]
            pen.polygon(corners, fill=colour())
    noise = grain((wide, high), dice.randrange(5, 40), seed)
    return Image.blend(picture, noise, 0.12).filter(ImageFilter.GaussianBlur(dice.random() * 1.5))


def grain(size: tuple[int, int], sigma: float, seed: int) -> Image.Image:
    """The noise of a camera, the same for a seed."""
    points = np.random.default_rng(seed).normal(128, sigma, (size[1], size[0]))
    return Image.fromarray(points.clip(0, 255).astype(np.uint8)).convert("RGB")


def as_jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def edits(picture: Image.Image, seed: int) -> dict[str, bytes]:
    """What the programme asks to be found again."""
    dice = random.Random(seed)
    wide, high = picture.size

    def without(left: float, top: float, right: float, below: float) -> bytes:
        return as_jpeg(
            picture.crop((int(wide * left), int(high * top), int(wide * (1 - right)), int(high * (1 - below))))
        )

    across, down, side = dice.random() * 0.05, dice.random() * 0.05, dice.randrange(4)
    marked = picture.copy()
    ImageDraw.Draw(marked).text((wide * 0.1, high * 0.8), "WATERMARK 2026", fill=(255, 255, 255), font_size=high // 12)
    return {
        "cut by a twentieth somewhere": without(across, down, 0.05 - across, 0.05 - down),
        "cut by a twentieth on one side": without(*(0.05 if n == side else 0 for n in range(4))),
        "cut by a twentieth on every side": without(0.05, 0.05, 0.05, 0.05),
        "smaller": as_jpeg(picture.resize((wide * 3 // 5, high * 3 // 5))),
        "JPEG 40": as_jpeg(picture, 40),
        "lighter or darker": as_jpeg(ImageEnhance.Brightness(picture).enhance(dice.choice([0.75, 1.25]))),
        "with a watermark": as_jpeg(marked),
    }
