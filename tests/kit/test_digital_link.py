"""GS1: numbers with their check digit by the examples of the General Specifications, links and linksets."""

import json

import pytest

from backhaul.kit import digital_link as dl
from backhaul.kit import gs1


def test_an_sscc_is_extension_prefix_serial_and_check_digit() -> None:
    assert dl.sscc("0614141", 1, 234567890) == "106141412345678908"
    assert dl.of_sscc("0614141", "106141412345678908") == (1, 234567890)
    assert dl.sscc("0614141", 1, 999_999_999) != ""
    assert dl.sscc("0614141", 1, 1_000_000_000) == ""
    assert dl.sscc("", 1, 5) == dl.sscc("061", 1, 5) == dl.sscc("06141410000", 1, 5) == ""


@pytest.mark.parametrize(
    "text",
    ["106141412345678907", "10614141234567890", "1061414123456789080", "x06141412345678908", "", "１06141412345678908"],
)
def test_what_is_no_sscc_of_ours_names_nothing(text: str) -> None:
    assert dl.of_sscc("0614141", text) is None
    assert dl.of_sscc("9521141", "106141412345678908") is None


def test_a_gdti_is_thirteen_digits_and_the_code() -> None:
    assert dl.gdti("4006381", 33393, "AB12") == "4006381333931AB12"
    assert dl.of_gdti("4006381", "4006381333931AB12") == (33393, "AB12")
    assert dl.of_gdti("4006381", "4006381333932AB12") is None
    assert dl.of_gdti("4006381", "4006381333931") is None
    assert dl.gdti("4006381", 1, "A" * 17) != ""
    assert dl.gdti("4006381", 1, "A" * 18) == dl.gdti("4006381", 1, "") == dl.gdti("4006381", 100_000, "A") == ""


def test_the_elements_of_our_links_are_read_back() -> None:
    link = dl.uri("https://house.example", "00", "106141412345678908", _91="P-234567890")
    assert link == "https://house.example/00/106141412345678908?91=P-234567890"
    assert gs1.elements(link) == {"00": "106141412345678908", "91": "P-234567890"}
    assert gs1.elements("http://127.0.0.1:8301/253/4006381333931AB12") == {"253": "4006381333931AB12"}
    assert gs1.elements("https://house.example/00/106141412345678908?x=1&91=#top") == {"00": "106141412345678908"}


@pytest.mark.parametrize(
    ("address", "prefix", "wrong"),
    [
        ("", "9521141", []),
        ("https://returns.example/", "4601", []),
        ("returns.example", "9521141", ["public_address"]),
        ("https://x y", "123", ["public_address", "gs1_prefix"]),
        ("", "12345678901", ["gs1_prefix"]),
        ("", "95x1", ["gs1_prefix"]),
    ],
)
def test_a_policy_says_a_real_address_and_a_company_prefix(address: str, prefix: str, wrong: list[str]) -> None:
    assert wrong == list(dl.misfits(address, prefix))


def test_a_linkset_names_its_anchor_and_each_link() -> None:
    told = json.loads(dl.linkset("https://h/00/1", [dl.Link(dl.DEFAULT, "https://h/parcels/1", "text/html")]))
    assert told == {
        "linkset": [{
            "anchor": "https://h/00/1",
            "https://ref.gs1.org/voc/defaultLink": [{"href": "https://h/parcels/1", "type": "text/html"}],
        }]
    }  # fmt: skip
