"""Words closed with a person's key, and what leads to a person covered in them."""

import pytest

from backhaul.kit.masking import COVER, masked
from backhaul.kit.sealed_words import PersonKey, in_html, in_json, key_ids, made, opened, sealed, words

IRINA = ("Irina Sokolova", "irina.s@example.com", "irina")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call +7 (916) 555-01-23, please.", f"Call {COVER}, please."),
        ("8 916 555 01 23", COVER),
        ("0532 123 45 67", COVER),
        ("13800138000", COVER),
        ("Write to irina.s@example.com!", f"Write to {COVER}!"),
        ("@irina_s in a messenger, t.me/irina_s", f"{COVER} in a messenger, {COVER}"),
        ("I am irina SOKOLOVA.", f"I am {COVER} {COVER}."),
        ("微信13800138000", f"微信{COVER}"),
        ("тел89165550123", f"тел{COVER}"),
        ("Telefonum05321234567, arayın", f"Telefonum{COVER}, arayın"),
        ("8916-55-50-123", COVER),
        ("8916-55-50 123", COVER),
        ("12345-89165550123", f"12345-{COVER}"),
        ("AB-89165550123x2", f"AB-{COVER}x2"),
        ("+7 916 555 01 23- call", f"{COVER}- call"),
        ("On 2024-09-02 89165550123", f"On 2024-09-02 {COVER}"),
        ("微信@irina_s", f"微信{COVER}"),
        ("我是irina请退款", f"我是{COVER}请退款"),
    ],
)
def test_what_leads_to_a_person_is_covered(text: str, expected: str) -> None:
    assert expected == masked(text, IRINA)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("我是王小明，请退款", "王小明", f"我是{COVER}，请退款"),
        ("我叫王芳。", "王芳", f"我叫{COVER}。"),
        ("王 小明", "王 小明", COVER),
        ("王 and 小明", "王 小明", f"王 and {COVER}"),  # a single sign is everybody's
        ("I am Irina S. from Tver", "Irina S.", f"I am {COVER} from Tver"),
        ("I am irina  s", "Irina S.", f"I am {COVER}  s"),
        ("Size S. fits", "Irina S.", "Size S. fits"),  # an initial is everybody's
        ("I am Li", "Li", "I am Li"),
    ],
)
def test_a_name_is_covered_in_a_writing_without_blanks(text: str, name: str, expected: str) -> None:
    assert expected == masked(text, [name])


@pytest.mark.parametrize(
    "text",
    [
        "On 02.09.2024 10:00 or 2024-09-02 10 h",
        "48173955-0093-1, 48173955-0093-12 and 1234567-0093-1",
        "IMEI356938035643809",
        "Posting 48173955-0093-1, SKU 1234567, code 460123",
        "IMEI 356938035643809",
        "Bought on 2024-09-02 10:00 for 12400 roubles",
        "Irinas are flowers, too.",
        "",
    ],
)
def test_numbers_of_the_goods_and_other_words_stay(text: str) -> None:
    assert text == masked(text, IRINA)


def test_words_are_read_in_full_or_masked_and_not_without_the_key() -> None:
    key = made()
    token = sealed("Call me: +79165550123. Irina", key, IRINA)

    assert {key.id} == key_ids(f"said {token}.")
    assert "Call me: +79165550123. Irina" == opened(token, {key.id: key}, "gone", in_full=True)
    assert f"Call me: {COVER}. {COVER}" == opened(token, {key.id: key}, "gone", in_full=False)
    assert "gone" == opened(token, {}, "gone", in_full=True)
    assert words(token, {key.id: PersonKey(key.id, made().secret)}) is None


def test_the_same_words_of_one_person_are_closed_alike_and_of_two_are_not() -> None:
    one, other = made(), made()

    assert sealed("Too small", one) == sealed("Too small", one)
    assert sealed("Too small", one).partition(":")[2] != sealed("Too small", other).partition(":")[2]
    assert "" == sealed("", one)


def test_words_stay_what_they_are_in_json_and_on_a_page() -> None:
    key = made()
    token = sealed('"<b>" & \\ \n', key)

    assert '{"a":"\\"<b>\\" & \\\\ \\n"}' == opened(
        f'{{"a":"{token}"}}', {key.id: key}, "", in_full=True, written=in_json
    )
    assert "<p>&quot;&lt;b&gt;&quot; &amp; \\ \n</p>" == opened(
        f"<p>{token}</p>", {key.id: key}, "", in_full=True, written=in_html
    )


def test_what_only_looks_like_closed_words_reads_as_erased() -> None:
    key = made()
    forged = f"sealed:{key.id}:{'A' * 40}"

    assert "gone" == opened(forged, {key.id: key}, "gone", in_full=True)
