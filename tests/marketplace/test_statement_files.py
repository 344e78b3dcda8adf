"""What is read of a bank's files, and what is refused before anything of it is stored."""

from datetime import date

import pytest

from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import payout_texts, statement_files, statement_xml
from backhaul.marketplace.rules.payouts import Kind
from tests.marketplace.bank import entry, report, statement

BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (statement([entry("&b;")], prolog=BOMB), "statement_unreadable"),
        (statement([entry("&a;")], prolog=OUTSIDE), "statement_unreadable"),
        (statement([entry("REFUND-1-1")], namespace="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"), "statement_unreadable"),
        (statement([entry("REFUND-1-1")])[:-20], "statement_unreadable"),
        (b"<a>" * 100_000, "statement_unreadable"),
        (statement([entry("x")]).replace(b"UTF-8", b"UTF-9"), "statement_unreadable"),
        (statement([entry("\u0422")]).decode().encode("cp1251"), "statement_unreadable"),
        (statement([]), "statement_empty"),
        ("date,amount\n".encode("utf-16"), "statement_unreadable"),
        ("date,amount,currency,reference,end_to_end_id\nд".encode("cp1251"), "statement_unreadable"),
        (b"date,amount,currency,reference,end_to_end_id\n", "statement_empty"),
        (b"when,how much\n1,2\n", "statement_unreadable"),
        (b"", "statement_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "statement_unreadable"),
        (b"\0" * 1000, "statement_unreadable"),
        (statement([entry(f"R-{n}") for n in range(5_001)]), "statement_too_long"),
        (b" " * (8 * 1024 * 1024 + 1), "statement_too_large"),
        (b"<" * (50 * 1024 * 1024), "statement_too_large"),
    ],
    ids=["bomb", "outside", "another message", "cut off", "deep", "no such encoding", "wrong encoding", "no entries",
         "utf-16", "cp1251", "a header alone", "other columns", "nothing", "picture", "zeros", "too long", "8 MB and one",
         "50 MB"],
)  # fmt: skip
def test_what_is_no_statement_is_refused_with_the_reason(raw: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        statement_files.read(raw)

    assert (code, "file") == (refused.value.code, refused.value.field)
    assert code != "statement_unreadable" or refused.value.facts["why_unreadable"] in payout_texts.UNREADABLE


def test_a_booking_of_many_payments_is_read_payment_by_payment() -> None:
    """The bank books a file in one sum and tells the payments in it."""
    several = (
        '<Ntry><Amt Ccy="RUB">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2024-09-03T10:00:00+03:00'
        "</DtTm></BookgDt><AcctSvcrRef>E-1</AcctSvcrRef><NtryDtls>"
        + "".join(
            f'<TxDtls><Refs><EndToEndId>K-{n}</EndToEndId></Refs><Amt Ccy="RUB">{n}0.00000</Amt></TxDtls>'
            for n in (1, 2)
        )
        + "</NtryDtls></Ntry>"
    )
    form, entries = statement_files.read(statement([several]))

    assert "camt.053" == form
    assert [(Kind.BOOKED, "K-1", Money(10_00), date(2024, 9, 3), "E-1/K-1", ""),
            (Kind.BOOKED, "K-2", Money(20_00), date(2024, 9, 3), "E-1/K-2", "")] == [
        (one.kind, one.key, one.amount, one.booked_on, one.reference, one.fault) for one in entries
    ]  # fmt: skip


def test_a_payment_of_several_without_an_amount_of_its_own_is_not_given_the_sum() -> None:
    payments = "".join(f"<TxDtls><Refs><EndToEndId>K-{n}</EndToEndId></Refs></TxDtls>" for n in (1, 2))
    several = f'<Ntry><Amt Ccy="RUB">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><NtryDtls>{payments}</NtryDtls></Ntry>'
    _, entries = statement_files.read(statement([several]))

    assert [(None, "amount")] * 2 == [(one.amount, one.fault) for one in entries]


def test_a_number_that_is_one_statement_s_own_tells_no_two_days_apart() -> None:
    """`NtryRef` begins anew in each statement, so it counts with its day and its payment."""
    raw = entry("K-1", day="2024-09-03").replace("<AcctSvcrRef>booked-K-1</AcctSvcrRef>", "")
    _, (one,) = statement_files.read(statement([raw]))

    assert "1@2024-09-03/K-1" == one.reference


def test_of_a_status_report_only_rejections_are_entries() -> None:
    form, (one,) = statement_files.read(report("K-1"))

    assert ("pain.002", Kind.REJECTED, "K-1", "AC01", None, "") == (
        form, one.kind, one.key, one.reason, one.amount, one.fault,
    )  # fmt: skip
    with pytest.raises(Refused, match="statement_empty"):
        statement_files.read(report("K-1", status="ACSC"))


@pytest.mark.parametrize(
    ("text", "minor"), [("1", 100), ("1.5", 150), ("12400.00", 12_400_00), ("0.01", 1), ("7.10000", 7_10)]
)
def test_amounts_are_exact(text: str, minor: int) -> None:
    assert Money(minor) == statement_xml.money_of(text, "RUB")


@pytest.mark.parametrize(
    ("text", "currency"),
    [("", "RUB"), ("0", "RUB"), ("-1", "RUB"), ("1.001", "RUB"), ("1e3", "RUB"), ("NaN", "RUB"), ("1,5", "RUB"), ("1.2.3", "RUB"),
     ("9" * 20, "RUB"), ("1", ""), ("1", "RU"), ("1", "R1B")],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        statement_xml.money_of(text, currency)
