"""Invoices and credit notes on paper, in the payer's language and in English; a month's charges as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from backhaul.kit import i18n, paper
from backhaul.kit.days import MOSCOW, last_moment
from backhaul.kit.i18n import N_
from backhaul.kit.money import decimal_text
from backhaul.kit.spreadsheets import inert, moscow_text
from backhaul.partner import texts
from backhaul.partner.doors import country
from backhaul.partner.invoice_shapes import CreditNote, InvoiceView, Line
from backhaul.partner.rules.invoices import Addressee

COLUMNS = (
    "at", "service", "parcel", "return", "event", "quantity", "price", "amount", "currency", "tariff", "stored_from",
    "stored_until", "invoice",
)  # fmt: skip


def invoice_pdf(it: InvoiceView, to: Addressee, lines: Sequence[Line]) -> bytes:
    """The invoice as it was issued."""
    language = it.language
    head = [N_("Date"), N_("Service"), N_("Parcel"), N_("Quantity"), N_("Price"), N_("Amount")]
    sums = [(_both(N_("Sum"), language), i18n.money(it.net, language))]
    if it.vat_pct:
        tax = i18n.percent(it.vat_pct, language)
        sums.append((f"{_both(N_('Value added tax'), language)}, {tax}", i18n.money(it.vat, language)))
    sums.append((_both(N_("To pay"), language), i18n.money(it.total, language)))
    facts = [
        *_addressed(it, to),
        (_both(N_("Month of the services"), language), it.month),
        (_both(N_("Issued on"), language), i18n.day(it.issued_at, language)),
        (_both(N_("To be paid by"), language), i18n.moment(last_moment(it.due), language)),
    ]
    return _pdf(
        _both(N_("Invoice"), language), it.number, to, facts, [_both(word, language) for word in head],
        [_row(line, language) for line in lines], sums, to.bank,
    )  # fmt: skip


def credit_note_pdf(note: CreditNote, it: InvoiceView, to: Addressee) -> bytes:
    """What is taken off a line of an invoice, and why."""
    language = it.language
    head = [N_("Date"), N_("Service"), N_("Parcel"), N_("Quantity"), N_("Price"), N_("Amount")]
    facts = [
        *_addressed(it, to),
        (_both(N_("Invoice"), language), it.number),
        (_both(N_("Issued on"), language), i18n.day(note.issued_at, language)),
        (_both(N_("Reason"), language), note.reason),
    ]
    amount = i18n.money(note.net, language)
    row = (i18n.day(note.issued_at, language), _service(note.service, language), note.parcel, "1", amount, amount)
    sums = [(_both(N_("Sum"), language), amount)]
    if it.vat_pct:
        sums.append((_both(N_("Value added tax"), language), i18n.money(note.vat, language)))
    sums.append((_both(N_("Credited in all"), language), i18n.money(note.net + note.vat, language)))
    title = _both(N_("Credit note"), language)
    return _pdf(title, note.number, to, facts, [_both(word, language) for word in head], [row], sums, ())


def statement_csv(lines: Iterable[Line]) -> bytes:
    """Charges as CSV (RFC 4180, UTF-8 with BOM); the header and the codes are stable, no cell is ever a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        said = (
            moscow_text(line.at), line.service, line.number, line.return_number, line.event, str(line.quantity),
            decimal_text(line.price.minor), decimal_text(line.amount.minor), line.amount.currency, line.tariff,
            "" if line.stored_from is None else moscow_text(line.stored_from),
            "" if line.stored_until is None else moscow_text(line.stored_until), line.invoice,
        )  # fmt: skip
        writer.writerow([inert(cell) for cell in said])
    return out.getvalue().encode("utf-8-sig")


def _addressed(it: InvoiceView, to: Addressee) -> list[tuple[str, str]]:
    language = it.language
    seller = f"{to.seller_name} · {to.seller_id}" if to.seller_name else str(to.seller_id)
    rows = [
        (_both(N_("Billed to"), language), to.company),
        (_both(N_("Country"), language), country(to.country, language) if to.country else ""),
        (_both(N_("E-mail"), language), to.email),
        (_both(N_("Seller at the marketplace"), language), seller),
    ]
    return [row for row in rows if row[1]]


def _row(line: Line, language: str) -> tuple[str, str, str, str, str, str]:
    what = _service(line.service, language)
    if line.stored_from is not None and line.stored_until is not None:
        since, until = (i18n.day(at.astimezone(MOSCOW), language) for at in (line.stored_from, line.stored_until))
        what = f"{what}\n{since} – {until}"
    return (
        i18n.day(line.at, language), what, f"{line.number}\n{line.return_number}", str(line.quantity),
        decimal_text(line.price.minor), decimal_text(line.amount.minor),
    )  # fmt: skip


def _service(service: str, language: str) -> str:
    return _both(texts.SERVICE_LABELS[service], language)


def _both(text: str, language: str) -> str:
    """The payer's language, and English for whoever checks the books."""
    word = i18n.gettext(language, text)
    return word if language == "en" or word == text else f"{word} / {text}"


def _pdf(title: str, number: str, to: Addressee, facts: list[tuple[str, str]], head: list[str],
         rows: Sequence[tuple[str, ...]], sums: list[tuple[str, str]], foot: Sequence[str]) -> bytes:  # fmt: skip
    data = {
        "title": title, "number": number, "issuer": to.issuer, "facts": facts, "head": head, "rows": rows, "sums": sums,
        "foot": foot,
    }  # fmt: skip
    return paper.pdf(_template(), data)


@cache
def _template() -> str:
    return (files("backhaul.partner") / "templates" / "invoice.typ").read_text(encoding="utf-8")
