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
