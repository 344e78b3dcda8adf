"""T23: letters of the world in names, reasons, labels, papers, lists and search: none is cut in half, none turns the order of ours around."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from backhaul.kit import letters, notices, paper
from backhaul.kit.xlsx import CHARACTERS_MAX, XlsxSheet
from backhaul.marketplace.rules.words import Status
from backhaul.partner.zpl import Label
from tests.marketplace import cast
from tests.marketplace.cast import ELIF, Market, market, order_line
from tests.marketplace.people import calling, let_in
from tests.web.forms import Visit

# Each is one letter to its reader, whatever it is made of.
LETTERS = (
    "a", "e\u0301", "é", "ж", "и\u0306", "毛", "𠮷", "葛\U000e0100", "한", "각", "\u1112\u1161\u11ab", "न\u0941", "ก\u0e49", "👍", "👍🏽", "❤\ufe0f", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "🇷🇺", "🇨🇳",
    "1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\r\n", "Z\u0351\u036b\u0343\u036a\u0302",
)  # fmt: skip
TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LIE = "photo\u202egpj.exe"


@pytest.mark.parametrize("most", range(80))
def test_a_text_is_never_cut_within_a_letter(most: int) -> None:
    kept = letters.cut("".join(LETTERS), most)
    whole = ["".join(LETTERS[:count]) for count in range(len(LETTERS) + 1)]

    assert max((one for one in whole if len(one) <= most), key=len) == kept


def test_a_cut_in_the_middle_of_a_letter_would_be_noticed() -> None:
    """The control: Python's own slice cuts most of them."""
    text = "".join(LETTERS)
    whole = {"".join(LETTERS[:count]) for count in range(len(LETTERS) + 1)}

    assert len([most for most in range(len(text)) if text[:most] not in whole]) > 20


def test_flags_are_counted_in_pairs_from_where_they_begin() -> None:
    assert ["", "🇷🇺", "🇷🇺", "🇷🇺🇨🇳"] == [letters.cut("🇷🇺🇨🇳", most) for most in (1, 2, 3, 4)]
    assert "a🇷🇺" == letters.cut("a🇷🇺🇨🇳", 4)


def test_a_label_shows_whole_letters_and_nothing_that_cannot_be_seen() -> None:
    for width in range(10, 60):
        label = Label(width, 30)
        label.text(0, 0, 24, "Чай 👩\u200d👩\u200d👧 茶" * 4)
        said = label.zpl().partition("^FD")[2].partition("^FS")[0]
        shown = _read(said)
        assert shown.endswith("…")
        assert not shown[:-1].endswith("\u200d")
    label = Label(90, 30)
    label.text(0, 0, 24, f"{LIE}\u0007\u0085\u2028^XZ~JA")
    said = label.zpl().partition("^FD")[2].partition("^FS")[0]

    assert "photo gpj.exe" in _read(said)
    assert not any(c in said for c in "^~")


def _read(data: str) -> str:
    """A field with its hexadecimal bytes, as the printer reads it."""
    out, at = bytearray(), 0
    while at < len(data):
        if data[at] == "_":
            out.append(int(data[at + 1 : at + 3], 16))
            at += 3
        else:
            out += data[at].encode()
            at += 1
    return out.decode()


def test_a_cell_that_is_too_long_ends_with_a_whole_letter(tmp_path: Path) -> None:
    sheet = XlsxSheet(tmp_path / "a.xlsx", ["a"], "Returns", datetime(2024, 9, 2, 7, tzinfo=UTC))
    sheet.add(["x" * (CHARACTERS_MAX - 3) + "👩\u200d👩\u200d👧"])
    sheet.close()
    text = zipfile.ZipFile(io.BytesIO((tmp_path / "a.xlsx").read_bytes())).read("xl/worksheets/sheet1.xml").decode()

    assert f"{'x' * (CHARACTERS_MAX - 3)}</t>" in text


def test_papers_and_mails_are_read_in_the_order_in_which_they_were_written() -> None:
    made = [
        paper.pdf("#data.name", {"name": name}, at=datetime(2024, 9, 2, tzinfo=UTC))
        for name in ("Kettle 茶 exe", "Ket\u202etle \u2066茶\u2069 exe")
    ]

    assert made[0] == made[1]
    assert "photogpj.exe" == notices.plain(LIE)
    assert "" == "".join(c for c in notices.plain(f"a{TURNS}b\r\nBcc: x\x00\u2028") if c in f"{TURNS}\r\n\x00\u2028")


# -- In a house -------------------------------------------------------------------------------------------------------

NAME = "毛毯 плед 👩\u200d👩\u200d👧 𠮷"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    line = order_line("10000001-0001-1", ELIF, NAME, (458_450, "TRY", 12_400_00))
    monkeypatch.setattr(cast, "LINES", (line, *cast.LINES[1:]))
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as opened:
        opened.errand(let_in)
        yield opened


def found(seller: httpx2.Client, text: str) -> int:
    answer = seller.get("/api/v1/returns", params={"q": text})
    assert answer.status_code == 200, answer.text
    return len(answer.json())


def test_a_name_of_another_script_is_kept_found_and_shown_in_its_order(shop: Market) -> None:
    number = shop.in_status(Status.SELLER_REVIEW, cast.LINES[0])
    said = "Не подошло \u202e毛毯 не то\u202c, 👩\u200d👩\u200d👧"
    with calling(shop) as call:
        seller = call("elif")
        counts = {text: found(seller, text) for text in ("毛毯", "毯", "ПЛЕД", "𠮷", "👩\u200d👩\u200d👧", "茶")}
        kept = seller.get(f"/api/v1/returns/{number}").json()
        answer = seller.post(
            f"/api/v1/returns/{number}/reject", json={"reason": "looks_used", "comment": f"{said} {'и' * 40}"}
        )
        assert answer.status_code == 200, answer.text
        with Visit(str(seller.base_url)) as visit:
            visit.client.headers["cookie"] = f"marketplace_session={seller.headers['authorization'].partition(' ')[2]}"
            page = visit.client.get(f"/returns/{number}").text

    assert {"毛毯": 1, "毯": 1, "ПЛЕД": 1, "𠮷": 1, "👩\u200d👩\u200d👧": 1, "茶": 0} == counts
    assert NAME == kept["name"]
    assert NAME in page
    assert "👩\u200d👩\u200d👧" in page
    assert not [c for c in TURNS if c in page]
    assert "毛毯 не то, 👩" in page
