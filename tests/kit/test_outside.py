"""Addresses of other people's servers: https out of our house, or http on this machine; nothing that leads inside."""

import socket
from typing import Any

import pytest

from backhaul.kit import outside
from backhaul.kit.machine import Refused

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


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (["93.184.216.34"], ""),
        (["10.0.0.5"], "address_inside"),
        (["169.254.169.254"], "address_inside"),
        (["::1"], "address_inside"),
        (["93.184.216.34", "192.168.1.4"], "address_inside"),  # one bad one is enough
        ([], "address_inside"),
    ],
)
def test_a_name_that_leads_into_a_network_of_ours_is_not_called(
    monkeypatch: pytest.MonkeyPatch, found: list[str], code: str
) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    try:
        outside.check_way_out("https://api.example.com/v1/roles")
        said = ""
    except Refused as refused:
        said = refused.code

    assert code == said
