"""Small films as phones record them, made with PyAV: for tests that send one."""

import io
from functools import cache
from typing import Any

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw


def film(
    form: str = "mp4",
    codec: str = "libx264",
    size: tuple[int, int] = (96, 64),
    frames: int = 20,
    rate: int = 10,
    *,
    sound: bool = False,
    **metadata: str,
) -> bytes:
    """A red corner above left on grey, and a bar that moves; with a tone's silence when there is `sound`."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as target:
        target.metadata.update(metadata)
        stream: Any = target.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "rgb24" if codec == "png" else "yuv420p"
        heard: Any = target.add_stream("aac", rate=8000, layout="mono") if sound else None
        for number in range(frames):
            target.mux(stream.encode(_frame(size, number)))
        target.mux(stream.encode(None))
        if heard is not None:
            target.mux(heard.encode(_silence()))
            target.mux(heard.encode(None))
    return out.getvalue()


@cache
def phone_film() -> bytes:
    """Two seconds as a phone sends them: H.264 in MP4, with sound, and where it was taken."""
    return film(size=(320, 240), sound=True, title="Irina", location="+55.7558+037.6173/")


def sound_alone() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as target:
        stream = target.add_stream("aac", rate=8000, layout="mono")
        target.mux(stream.encode(_silence()))
        target.mux(stream.encode(None))
    return out.getvalue()


def on_its_side(data: bytes) -> bytes:
    """The same MP4 held upright: its head says that it is to be turned clockwise by a quarter."""
    at = data.index(b"tkhd") + 4 + 40
    one, minus = (0x10000).to_bytes(4, "big"), (-0x10000 & 0xFFFFFFFF).to_bytes(4, "big")
    zero, whole = bytes(4), (0x40000000).to_bytes(4, "big")
    matrix = zero + one + zero + minus + zero + zero + zero + zero + whole
    return data[:at] + matrix + data[at + 36 :]


def _frame(size: tuple[int, int], number: int) -> Any:
    width, height = size
    image = Image.new("RGB", size, (120, 120, 120))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width // 3, height // 3), fill=(230, 20, 20))
    pen.rectangle((number % width, height // 2, number % width + 8, height), fill=(20, 20, 200))
    made: Any = VideoFrame
    return made.from_image(image)


def _silence() -> Any:
    frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
    frame.planes[0].update(bytes(4096))
    frame.sample_rate = 8000
    return frame
