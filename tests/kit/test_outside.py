"""Addresses of other people's servers: https out of our house, or http on this machine; nothing that leads inside."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul import wire
from backhaul.kit import outside
from backhaul.kit.machine import Refused
from tests.kit.test_egress import (
    INSIDE,
    OUTSIDE,
    Net,
    dribble,
    endless_body,
    endless_headers,
    nonsense,
    rude,
    silent,
    speaking,
)
from tests.receiving import Answer, Got, receiving

GOOD = {
    "https://api.example.com": "https://api.example.com",
    "https://api.example.com:8443/base/": "https://api.example.com:8443/base",
    "http://127.0.0.1:8000": "http://127.0.0.1:8000",
    "http://localhost:8000/": "http://localhost:8000",
}
BAD = {
    "http://api.example.com": "address_not_https",
    "ftp://api.example.com": "address_not_https",
    "http://169.254.169.254": "address_not_https",
    "https://user:secret@api.example.com": "address_unusable",
    "https://api.example.com?x=1": "address_unusable",
    "https://": "address_unusable",
    "https://api.example.com:0": "address_unusable",
    "https://api.example.com:99999": "address_unusable",
    "https://api.example.com:22": "port_unusable",
    "https://127.0.0.1": "address_inside",
    "https://2130706433": "address_unusable",
    "": "address_unusable",
}


@pytest.mark.parametrize(("text", "address"), GOOD.items())
def test_a_usable_address_is_kept_without_its_slash(text: str, address: str) -> None:
    assert address == outside.base_address(text)


@pytest.mark.parametrize(("text", "code"), BAD.items())
def test_an_unusable_address_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        outside.base_address(text)

    assert code == refused.value.code


# -- T24 for the servers that sellers' platforms run: the name is looked at and called in one step -----------------------


def asked(net: Net, address: str) -> str:
    """What a call came to: the code of a refusal, or the name of the error."""
    line = outside.open_line()
    line = msgspec.structs.replace(
        line, way=msgspec.structs.replace(line.way, resolve=net.resolve, connect=net.connect)
    )
    try:
        outside.post(line, address, b"{}", {})
    except Refused as refused:
        return refused.code
    except httpx2.TransportError as error:
        return type(error).__name__
    finally:
        line.close()
    return "answered"


@pytest.mark.parametrize("address", INSIDE)
def test_a_platform_whose_name_leads_inside_is_never_connected_to(address: str) -> None:
    alone, among = Net([address]), Net([*OUTSIDE, address])
    here = Net([address])

    assert "address_inside" == asked(alone, "https://api.example.com/v1/roles")
    assert "address_inside" == asked(among, "https://api.example.com/v1/roles")  # one bad one is enough
    assert ([], []) == (alone.connections, among.connections)
    if address != "::1" and not address.startswith("127."):  # nor by a name of this machine that leads elsewhere
        assert "address_inside" == asked(here, "http://localhost:8000/v1/roles")
        assert [] == here.connections


def test_a_platform_whose_name_changes_after_its_registration_is_not_called_inside() -> None:
    """DNS rebinding: good when it was registered, inside at a later call; good, then inside within one call."""
    later = Net([OUTSIDE[0]], ["127.0.0.1"])
    first = asked(later, "https://rebind.example.com/v1/roles")
    second = asked(later, "https://rebind.example.com/v1/roles")
    flipping = Net([OUTSIDE[0]], ["169.254.169.254"])
    asked(flipping, "https://rebind.example.com/v1/roles")

    assert ("ConnectError", "address_inside") == (first, second)  # nobody is called in this test
    assert [OUTSIDE[0]] == later.connections
    assert (1, [OUTSIDE[0]]) == (len(flipping.asked), flipping.connections)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://api.example.com/v1/roles", "address_not_https"),
        ("http://169.254.169.254/v1/roles", "address_not_https"),
        ("https://127.0.0.1/v1/roles", "address_inside"),
        ("https://[::1]:8443/v1/roles", "address_inside"),
        ("https://localhost/v1/roles", "address_unusable"),
        ("https://0x7f000001/v1/roles", "address_unusable"),
        ("https://api.example.com:22/v1/roles", "port_unusable"),
        ("https://user@api.example.com/v1/roles", "address_unusable"),
    ],
)
def test_only_plain_http_on_this_machine_or_https_outside_is_called(address: str, code: str) -> None:
    net = Net([OUTSIDE[0]])

    assert code == asked(net, address)
    assert ([], []) == (net.asked, net.connections)


def test_a_platform_whose_name_cannot_be_found_is_away() -> None:
    class Nowhere(Net):
        def resolve(self, host: str, _port: int) -> Sequence[str]:
            raise OSError(host)

    assert "address_unknown" == asked(Nowhere([]), "https://api.example.com/v1/roles")


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "/elsewhere"])
@pytest.mark.parametrize("known", [True, False])
def test_no_redirect_is_followed(target: str, *, known: bool) -> None:
    line = outside.open_line()
    with receiving() as receiver:
        receiver.answer = lambda _: (307, {"location": target, "retry-after": "7"}, b"")
        answer = outside.post(line, receiver.url, b"{}", {}, known=known)
        paths = [one.path for one in receiver.got]
    line.close()

    assert (307, timedelta(seconds=7)) == (answer.status, answer.wait)
    assert ["/hooks"] == paths


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("talk", [dribble, silent, endless_headers, endless_body, nonsense, rude])
def test_whatever_the_other_side_says_the_call_ends_in_time_and_reads_little(talk: Any, *, known: bool) -> None:
    """Bytes that dribble in, headers too, hold no thread beyond the call's end."""
    line = outside.open_line(0.3)
    with speaking(talk) as url:
        began = time.monotonic()
        with pytest.raises(httpx2.HTTPError):
            outside.post(line, url, b"{}", {}, known=known, bytes_max=200_000)
        took = time.monotonic() - began
    line.close()

    assert took < 1.5


def test_calls_to_the_other_house_keep_their_connection_and_each_has_its_own_end() -> None:
    line = outside.open_line(0.4)

    def slowly(_: Got) -> Answer:
        time.sleep(0.15)
        return 200, {}, b"{}"

    with receiving() as receiver:
        receiver.answer = slowly
        statuses = [outside.post(line, receiver.url, b"{}", {}, known=True).status for _ in range(4)]  # 0.6 s in all
    line.close()

    assert [200] * 4 == statuses


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"return_ids": "1"}',
        b'{"return_ids": [1.5]}',
        b"[]",
        b"null",
        b'"{}"',
        b'{"return_ids": [1], "return_ids": []}',
    ],
)
def test_what_is_no_such_answer_is_an_error_of_the_call(body: bytes) -> None:
    with pytest.raises(httpx2.DecodingError):
        outside.read(body, wire.SentAgain)
