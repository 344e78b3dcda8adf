"""HSTS: on every answer of a house behind TLS, on none of another."""

import anyio
import httpx2
import pytest

from backhaul.kit import strict_transport


async def web(scope: object, receive: object, send: object) -> None:  # noqa: ARG001 -- the form of a web
    await send({"type": "http.response.start", "status": 404, "headers": [(b"x-one", b"1")]})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"no"})  # type: ignore[operator]


@pytest.mark.parametrize(("secure", "said"), [(True, "max-age=31536000; includeSubDomains"), (False, None)])
def test_a_house_behind_tls_says_so_with_every_answer(*, secure: bool, said: str | None) -> None:
    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(strict_transport.told(web, secure=secure))
        async with httpx2.AsyncClient(transport=transport, base_url="http://house") as client:
            return await client.get("/")

    answer = anyio.run(ask)

    assert (404, "1", said) == (
        answer.status_code,
        answer.headers["x-one"],
        answer.headers.get("strict-transport-security"),
    )


async def cookies(scope: object, receive: object, send: object) -> None:  # noqa: ARG001 -- the form of a web
    said = [(b"set-cookie", b"one=1; Path=/"), (b"set-cookie", b"two=2; Path=/; secure"), (b"x-one", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": said})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]


@pytest.mark.parametrize(
    ("secure", "said"),
    [(True, ["one=1; Path=/; Secure", "two=2; Path=/; secure"]), (False, ["one=1; Path=/", "two=2; Path=/; secure"])],
)
def test_no_cookie_of_a_house_behind_tls_is_sent_without_it(*, secure: bool, said: list[str]) -> None:
    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(strict_transport.told(cookies, secure=secure))
        async with httpx2.AsyncClient(transport=transport, base_url="https://house") as client:
            return await client.get("/")

    answer = anyio.run(ask)

    assert said == answer.headers.get_list("set-cookie")
