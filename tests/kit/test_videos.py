"""T21 for films: what strangers upload is made anew frame by frame, or refused; whatever breaks breaks a child only."""

import asyncio
import io
import random
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from backhaul.kit import videos
from backhaul.kit.machine import Refused
from tests.filming import film, on_its_side, phone_film, sound_alone

GOOD: dict[str, Callable[[], bytes]] = {
    "mp4 of a phone": phone_film,
    "mov": lambda: film("mov", "libx264", sound=True),
    "mp4 in h.265": lambda: film("mp4", "libx265"),
    "webm of a browser": lambda: film("webm", "libvpx"),
    "3gp of an old phone": lambda: film("3gp", "h263", (176, 144)),
    "mp4 in mpeg-4": lambda: film("mp4", "mpeg4"),
    "one frame": lambda: film(frames=1),
    "odd sides": lambda: film("webm", "libvpx", (33, 35)),
    "with a page behind it": lambda: phone_film() + b"<html><script>alert(1)</script>",
    "with an archive behind it": lambda: phone_film() + b"PK\x03\x04" + bytes(100),
}
NO_VIDEO = {
    "nothing": b"",
    "text": b"not a video",
    "page": b"<html><video src=x></video></html>",
    "playlist that names a file": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "list that names a file": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "still picture of a phone": b"\0\0\0\x18ftypheic" + bytes(100),
    "gif": b"GIF89a" + bytes(100),
    "avi": b"RIFF\0\0\0\0AVI LIST" + bytes(100),
    "program": b"\x7fELF" + bytes(100),
    "archive": b"PK\x03\x04" + bytes(100),
}


def refusal(data: bytes, seconds_max: int = 30) -> tuple[str, str, str | None]:
    with pytest.raises(Refused) as refused:
        videos.rebuilt(data, seconds_max)
    return refused.value.code, refused.value.kind, refused.value.field


def read(data: bytes) -> Any:
    return av.open(io.BytesIO(data))


def with_box(data: bytes, box: bytes, offset: int, value: bytes) -> bytes:
    """An MP4 in whose box other bytes stand."""
    at = data.index(box) + 4 + offset
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize("name", GOOD)
def test_a_film_comes_out_as_plain_webm_with_a_poster(name: str) -> None:
    made = videos.rebuilt(GOOD[name](), 30)

    with read(made.data) as film_anew:
        assert ["vp9"] == [stream.codec_context.name for stream in film_anew.streams]
        assert (made.width, made.height) == (film_anew.streams.video[0].width, film_anew.streams.video[0].height)
        assert {"ENCODER"} >= {key.upper() for key in film_anew.metadata}
        assert 1 <= sum(1 for _ in film_anew.decode(video=0))
    assert "JPEG" == Image.open(io.BytesIO(made.poster)).format
    assert not any(text in made.data + made.poster for text in (b"Irina", b"+55.75", b"script", b"PK\x03\x04"))


@pytest.mark.parametrize("name", NO_VIDEO)
def test_what_is_no_video_is_refused(name: str) -> None:
    assert ("not_a_video", "invalid", "videos") == refusal(NO_VIDEO[name])


@pytest.mark.parametrize("codec", ["mjpeg", "png"])
def test_a_kind_that_no_phone_records_is_no_video(codec: str) -> None:
    assert "not_a_video" == refusal(film("mov", codec))[0]


def test_sound_alone_has_no_pictures() -> None:
    assert "video_has_no_frames" == refusal(sound_alone())[0]


@pytest.mark.parametrize("part", [40, 400, 1500])
def test_half_a_film_is_broken(part: int) -> None:
    assert "video_broken" == refusal(film(frames=60)[:part])[0]


def test_a_film_that_is_cut_off_after_its_head_is_broken() -> None:
    whole = film("webm", "libvpx", frames=60)

    assert "video_broken" == refusal(whole[: len(whole) // 3])[0]


def test_a_length_below_the_bound_and_one_second_more_passes_and_the_next_frame_does_not() -> None:
    """The bound is one second, and what is less than a second too long is forgiven."""
    assert 1800 <= videos.rebuilt(film(frames=19), 1).milliseconds < 2000
    assert "video_too_long" == refusal(film(frames=20), 1)[0]


def test_a_head_that_lies_about_the_length_does_not_help() -> None:
    lying = film(frames=60)
    short = struct.pack(">I", 1000)

    assert "video_too_long" == refusal(with_box(lying, b"mdhd", 16, short), 1)[0]


@pytest.mark.parametrize(("size", "passes"), [((4096, 16), True), ((4098, 16), False), ((4096, 2320), False)])
def test_pictures_of_4k_are_read_and_larger_ones_are_not(size: tuple[int, int], *, passes: bool) -> None:
    data = film("mp4", "libx264", size, frames=1)

    if passes:
        assert 1280 == videos.rebuilt(data, 30).width
    else:
        assert "video_picture_too_large" == refusal(data)[0]


def test_a_head_that_promises_a_gigantic_picture_is_not_believed() -> None:
    """PixelWidth and PixelHeight of a WebM's track, two bytes each: what counts is in the frames."""
    data = film("webm", "libvpx", (512, 384), frames=2)
    lying = data.replace(b"\xb0\x82\x02\x00\xba\x82\x01\x80", b"\xb0\x82\xff\xff\xba\x82\xff\xff")
    made = videos.rebuilt(lying, 30)

    assert lying != data
    assert (512, 384) == (made.width, made.height)


def test_a_film_of_120_frames_a_second_becomes_one_of_30() -> None:
    made = videos.rebuilt(film(frames=120, rate=120), 30)

    with read(made.data) as film_anew:
        assert 28 <= sum(1 for _ in film_anew.decode(video=0)) <= 31


def test_a_film_of_an_upright_phone_stands_upright() -> None:
    made = videos.rebuilt(on_its_side(film(size=(96, 64))), 30)
    poster = Image.open(io.BytesIO(made.poster)).convert("RGB")

    assert (64, 96) == (made.width, made.height) == poster.size
    assert poster.getpixel((58, 5))[0] > 180  # type: ignore[index]
    assert poster.getpixel((5, 5))[0] < 160  # type: ignore[index]


def test_the_same_film_gives_the_same_bytes() -> None:
    assert videos.rebuilt(phone_film(), 30) == videos.rebuilt(phone_film(), 30)


def test_whatever_bytes_are_turned_the_answer_is_a_film_or_a_refusal() -> None:
    chance = random.Random(7)
    for _ in range(6):
        data = bytearray(film("mp4", "libx264"))
        for _ in range(20):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(Refused):
            assert videos.rebuilt(bytes(data), 30).data


def test_a_child_that_takes_too_long_is_ended_and_the_next_film_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "ANSWER_SECONDS_MAX", 0.05)
    begun = time.monotonic()

    assert "video_too_heavy" == refusal(phone_film())[0]
    assert time.monotonic() - begun < 5
    monkeypatch.undo()
    assert videos.rebuilt(phone_film(), 30)


def test_the_child_has_bounds_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory, processor time, files and connections: read off the running child."""
    limits: list[str] = []
    exchange = videos._exchange  # noqa: SLF001 -- whose child is looked at

    def looking(child: Any, data: bytes) -> Any:
        answer = exchange(child, data)
        limits.append(Path(f"/proc/{child.pid}/limits").read_text())
        return answer

    monkeypatch.setattr(videos, "_exchange", looking)
    videos.rebuilt(phone_film(), 30)
    bounds = {line[:25].strip(): line[26:46].strip() for line in limits[0].splitlines()[1:]}

    assert str(2 * 1024**3) == bounds["Max address space"]
    assert ("0", "0", "0") == (bounds["Max file size"], bounds["Max core file size"], bounds["Max open files"])
    assert "120" == bounds["Max cpu time"]


def test_few_may_wait_and_the_others_are_told_to_come_again() -> None:
    """Those who find no seat have not read what they bring: large uploads do not pile up in memory."""
    mill, reads = videos.Mill(), list[int]()

    async def read() -> bytes:
        reads.append(1)
        return phone_film()

    async def many() -> list[Any]:
        sent = [mill.rebuilt(read, 64, 30) for _ in range(videos.WAITING_MAX + 2)]
        return await asyncio.gather(*sent, return_exceptions=True)

    answers = asyncio.run(many())
    mill.close()
    refused = [one.code for one in answers if isinstance(one, Refused)]

    assert ["videos_busy"] * 2 == refused
    assert videos.WAITING_MAX == len(reads)
    assert videos.WAITING_MAX == sum(isinstance(one, videos.Video) for one in answers)


def test_a_mill_that_closes_ends_the_child_and_begins_nothing_more() -> None:
    """A house that is told to stop does not wait minutes for somebody's video."""
    mill, begun = videos.Mill(), threading.Event()
    endless = film(frames=600, size=(1280, 720))

    async def read() -> bytes:
        begun.set()
        return endless

    async def close_in_between() -> list[Any]:
        sent = asyncio.gather(*(mill.rebuilt(read, 64, 90) for _ in range(2)), return_exceptions=True)
        await asyncio.sleep(0.5)
        began = time.monotonic()
        await asyncio.to_thread(mill.close)
        took.append(time.monotonic() - began)
        late = asyncio.gather(mill.rebuilt(read, 64, 90), return_exceptions=True)
        return [*await sent, *await late]

    took: list[float] = []
    answers = asyncio.run(close_in_between())

    assert begun.is_set()
    assert took[0] < 5
    assert "videos_busy" == answers[0].code
    assert isinstance(answers[1], asyncio.CancelledError)
    assert "videos_busy" == answers[2].code
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("videos")]
