"""The child that makes one video anew (`kit/videos.py`). It reads a video, answers, and ends; it can open nothing meanwhile."""

import io
import os
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import msgspec
from av.filter import Graph
from av.video.frame import VideoFrame

from backhaul.kit.videos import LENGTH_BYTES, OUTPUT_BYTES_MAX, Answer, Fault, Video, form_of

EDGE_PIXELS_MAX = 1280
FRAMES_A_SECOND_MAX = 30
SOURCE_PIXELS_MAX = 9_500_000  # 4K of phones and of cameras
SOURCE_EDGE_MAX = 4096
BITS_A_SECOND = 1_800_000
MEMORY_BYTES_MAX = 2 * 1024 * 1024 * 1024
CPU_SECONDS_MAX = 120
CUT_OFF_SECONDS = 1.5  # what is promised and does not come: the file is cut off
# What phones and browsers record, as the decoders are called.
DECODERS = frozenset({"h264", "hevc", "mpeg4", "h263", "vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9"})
TURNS = {90: (("transpose", "cclock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "clock"),)}


class _FaultError(Exception):
    def __init__(self, code: str, **facts: int) -> None:
        super().__init__(code)
        self.fault = Fault(code, facts)


class _Bounded(io.BytesIO):
    """A file in memory that does not grow for ever."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > OUTPUT_BYTES_MAX:
            raise _FaultError("video_too_heavy")
        return super().write(data)


def _serve(seconds_max: int) -> None:
    os.nice(5)
    length = int.from_bytes(sys.stdin.buffer.read(LENGTH_BYTES), "big")
    data = sys.stdin.buffer.read(length)
    _warm_up()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays open; nothing is opened any more
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    answer = msgspec.msgpack.encode(_answer(data, seconds_max))
    sys.stdout.buffer.write(len(answer).to_bytes(LENGTH_BYTES, "big"))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _warm_up() -> None:
    """Go the whole way once with a speck: what is loaded late is loaded before nothing can be opened."""
    speck = encoded(iter([(0, VideoFrame(16, 16, "yuv420p"))]))
    _rebuild(speck.data, 1)


def _answer(data: bytes, seconds_max: int) -> Answer:
    try:
        return Answer(_rebuild(data, seconds_max))
    except _FaultError as error:
        return Answer(fault=error.fault)
    except MemoryError:
        return Answer(fault=Fault("video_too_heavy"))
    except (av.FFmpegError, ValueError, OSError, OverflowError, ZeroDivisionError):
        return Answer(fault=Fault("video_broken"))


def _rebuild(data: bytes, seconds_max: int) -> Video:
    opened: Any = av.open(io.BytesIO(data), format=form_of(data), options={"protocol_whitelist": "none"})
    with opened as source:
        stream = _pictures_of(source)
        seconds = (source.duration or 0) / av.time_base  # a browser's recording does not tell
        _check_length(seconds, seconds_max)
        context = stream.codec_context
        _check_size(context.width, context.height)
        context.thread_count = 2
        context.options = {"max_pixels": str(SOURCE_PIXELS_MAX)}
        made = encoded(_frames(source, stream, seconds_max))
    if made.milliseconds < (seconds - CUT_OFF_SECONDS) * 1000:
        raise _FaultError("video_broken")
    return made


def _pictures_of(source: Any) -> Any:
    """The stream of moving pictures: not a cover, and of a kind that phones record."""
    found = [it for it in source.streams.video if not it.disposition & av.stream.Disposition.attached_pic]
    if not found:
        raise _FaultError("video_has_no_frames")
    if found[0].codec_context is None or found[0].codec_context.name not in DECODERS:
        raise _FaultError("not_a_video")
    return found[0]


def _check_length(seconds: float, seconds_max: int) -> None:
    """What is less than a second too long is forgiven: phones do not stop exactly."""
    if not seconds < seconds_max + 1:
        raise _FaultError("video_too_long", seconds_max=seconds_max)


def _check_size(width: int, height: int) -> None:
    if width * height > SOURCE_PIXELS_MAX or max(width, height) > SOURCE_EDGE_MAX:
        raise _FaultError("video_picture_too_large", width=width, height=height, edge_max=SOURCE_EDGE_MAX)


def _frames(source: Any, stream: Any, seconds_max: int) -> Iterator[tuple[int, VideoFrame]]:
    """Frames upright and small, each with its milliseconds since the first; no more than 30 a second."""
    first: float | None = None
    due = 0.0
    turner: Graph | None = None
    seen: tuple[int, int, str] | None = None
    for frame in source.decode(stream):
        if frame.time is None:
            continue
        first = frame.time if first is None else first
        at = frame.time - first
        _check_length(at, seconds_max)
        _check_size(frame.width, frame.height)
        if at < due - 0.002:
            continue
        due = max(due + 1 / FRAMES_A_SECOND_MAX, at)
        if turner is None or seen != (frame.width, frame.height, frame.format.name):
            seen = (frame.width, frame.height, frame.format.name)
            turner = _turner(frame, turner)
        turner.vpush(frame)
        yield int(at * 1000), turner.vpull()


def _turner(frame: VideoFrame, before: Graph | None) -> Graph:
    """Filters that set a frame upright, make it small and plain. A video that changes its size half-way is refused."""
    if before is not None:
        raise _FaultError("video_broken")
    turn = int(frame.rotation) % 360
    width, height = (frame.height, frame.width) if turn in {90, 270} else (frame.width, frame.height)
    scale = min(1.0, EDGE_PIXELS_MAX / max(width, height))
    even = [max(2, int(edge * scale) // 2 * 2) for edge in (width, height)]
    graph = Graph()
    at = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    small = (("scale", f"{even[0]}:{even[1]}"), ("format", "yuv420p"), ("buffersink", ""))
    for name, argument in (*TURNS.get(turn, ()), *small):
        following = graph.add(name, argument) if argument else graph.add(name)
        at.link_to(following)
        at = following
    graph.configure()
    return graph


def encoded(frames: Iterator[tuple[int, VideoFrame]]) -> Video:
    """Frames, each with its milliseconds since the first, as a video with its poster."""
    out = _Bounded()
    poster, size, last = b"", (0, 0), 0
    with av.open(out, "w", format="webm", options={"fflags": "+bitexact"}) as target:
        stream: Any = None
        for milliseconds, frame in frames:
            if stream is None:
                size = (frame.width, frame.height)
                stream = _stream(target, *size)
            if not poster or (last < 500 <= milliseconds):
                poster = _jpeg(frame)
            frame.pts, frame.time_base, last = milliseconds, Fraction(1, 1000), milliseconds
            target.mux(stream.encode(frame))
        if stream is None:
            raise _FaultError("video_has_no_frames")
        target.mux(stream.encode(None))
    return Video(out.getvalue(), poster, *size, last + 1000 // FRAMES_A_SECOND_MAX)


def _stream(target: Any, width: int, height: int) -> Any:
    options = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "g": "60", "flags": "+bitexact"}
    stream = target.add_stream("libvpx-vp9", rate=FRAMES_A_SECOND_MAX, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.bit_rate = BITS_A_SECOND
    stream.codec_context.time_base = Fraction(1, 1000)
    stream.codec_context.thread_count = 2
    return stream


def _jpeg(frame: Any) -> bytes:
    out = io.BytesIO()
    frame.to_image().save(out, "JPEG", quality=80)
    return out.getvalue()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
