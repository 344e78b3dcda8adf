"""A seeded mutator for machines without Atheris, and for every run: what fits, with bytes turned, cut, doubled, spliced, and words put in."""

import random
from collections.abc import Iterator, Sequence

WORDS = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\xf0\x90\x80", b'"', b'""', b"'", b",", b";", b"\t", b"\r", b"\r\n", b"\n" * 50, b"[" * 2000, b'{"a":' * 500,
    b"-1", b"0", b"1e999", b"NaN", b"9" * 5000, b"9223372036854775808", b"-9223372036854775809", b"0.1" + b"0" * 400, b"true", b"null", b"\\ud800", b"\\u0000",
    "٣".encode(), "１".encode(), "\u202e".encode(), "\u2028".encode(), "İ".encode(), b"2024-02-30", b"0000-00-00", b"9999-12-31T23:59:59+23:59", b"-99999d",
    b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", b"<a>" * 300, b"&a;", b"../" * 20, b"%00", b"%", b"=1+1",
)  # fmt: skip
LENGTH_MAX = 64_000


def mutants(good: Sequence[bytes], seed: str, count: int) -> Iterator[bytes]:
    """So many, the same for the same seed; the first are the good ones."""
    chance = random.Random(seed)
    pool = list(good)
    yield from pool
    for _ in range(count - len(pool)):
        data = bytearray(chance.choice(pool))
        for _ in range(1 << chance.randrange(4)):
            data = _changed(data, pool, chance)
        kept = bytes(data[:LENGTH_MAX])
        if chance.random() < 0.05 and len(pool) < 200:
            pool.append(kept)
        yield kept


def _changed(data: bytearray, pool: Sequence[bytes], chance: random.Random) -> bytearray:
    at = chance.randrange(len(data) + 1)
    length = chance.randint(1, 16)
    match chance.randrange(6):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            data[at : at + length] = chance.randbytes(length)
        case 2:
            del data[at : at + length]
        case 3:
            data[at:at] = data[at : at + length] * chance.randint(1, 40)
        case 4:
            data[at:] = chance.choice(pool)[chance.randrange(len(data) + 1) :]
        case _:
            data[at:at] = chance.choice(WORDS)
    return data
