"""Stand-ins for photographs: what a demo's people, and its visitors, put into forms that ask for one."""

import io
from random import Random
from typing import Any

from backhaul.kit.videos import Video

PICTURES = 6


def picture(number: int, sign: str = "", occasion: str = "") -> bytes:
    """A plain photograph stand-in: a box from three sides, at home (0-2) or on a warehouse's steel bench (3-5) with a sign.

    Each sign and occasion has a box and things around it of its own, so that no two are taken for one photo.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 -- loads slowly

    side, at_partner = number % 3, number >= 3
    wall, table = ((214, 222, 228), (122, 132, 142)) if at_partner else ((232, 228, 220), (176, 152, 124))
    box = [(196, 150, 98), (148, 116, 80), (98, 122, 148)][side]
    drawn = Image.new("RGB", (640, 480), wall)
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 330, 640, 480), fill=table)
    left = 170 + 40 * side
    if sign or occasion:
        left = _surrounded(pen, Random(f"{sign} {occasion}"), side)  # noqa: S311 -- nothing is secret here
    pen.polygon([(left, 150), (left + 230, 130), (left + 230, 350), (left, 380)], fill=box)
    pen.polygon([(left + 230, 130), (left + 310, 160), (left + 310, 330), (left + 230, 350)],
                fill=(box[0] - 30, box[1] - 30, box[2] - 30))  # fmt: skip
    pen.line([(left, 255), (left + 230, 238)], fill=(230, 220, 200), width=14)
    if sign:
        pen.rectangle((24, 412, 330, 456), fill=(246, 246, 240))
        pen.text((36, 420), sign, fill=(30, 34, 40), font_size=24)
    if occasion:
        drawn = drawn.reduce(2)  # there are many of them
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=88)
    return out.getvalue()


def _surrounded(pen: Any, dice: Random, side: int) -> int:
    """Draw what else lies about; where the box begins."""
    for _ in range(5):
        x, y, wide, high = dice.randrange(600), dice.randrange(430), dice.randrange(60, 220), dice.randrange(60, 220)
        shade = dice.randrange(40, 210)
        draw = pen.ellipse if dice.random() < 0.5 else pen.rectangle
        draw((x, y, x + wide, y + high), fill=(shade, shade - dice.randrange(30), shade - dice.randrange(40)))
    return dice.randrange(20, 240) + 40 * side


def film(number: int) -> Video:
    """Two seconds around the box of a picture: first near, then from farther away."""
    from av.video.frame import VideoFrame  # noqa: PLC0415 -- loads slowly
    from PIL import Image  # noqa: PLC0415

    from backhaul.kit.video_child import encoded  # noqa: PLC0415

    whole: Any = Image.open(io.BytesIO(picture(number)))
    frame: Any = VideoFrame
    near = [whole.crop((n, n, 640 - n, 480 - n)).resize((480, 360)) for n in range(100, 0, -4)]
    return encoded(iter([(80 * n, frame.from_image(image)) for n, image in enumerate(near)]))
