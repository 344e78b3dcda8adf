"""Bank statements (camt.053) and status reports (pain.002) as XML, read with the standard library's expat.

A document type is refused before anything in it is looked at, so no entity is ever expanded and nothing outside is read; depth
and size are bounded.
"""

import re
from collections.abc import Iterator
from datetime import date
from xml.parsers import expat

from msgspec.structs import replace

from backhaul.kit.machine import Refused
from backhaul.kit.money import Money, exact_scaled
from backhaul.marketplace.rules.payouts import HANDED_OVER_AGAIN, BankEntry, Kind

DEPTH_MAX = 40
ELEMENTS_MAX = 600_000
NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.053|pain\.002)\.001\.[0-9]{2}")
RECORDS = {"Ntry", "TxInfAndSts", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts"}


class Node:
    """An element of a record: what it says and what it holds."""

    __slots__ = ("attributes", "children", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag, self.attributes, self.line = tag, attributes, line
        self.text = ""
        self.children: list[Node] = []

    def all(self, path: str) -> Iterator["Node"]:
        """Every element at a path below."""
        first, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == first:
                yield from child.all(rest) if rest else (child,)

    def one(self, path: str) -> "Node | None":
        """The first element at a path below."""
        return next(self.all(path), None)

    def said(self, *paths: str) -> str:
        """The text at the first of these paths that says something."""
        for path in paths:
            found = self.one(path)
            if found is not None and found.text.strip():
                return found.text.strip()
        return ""


class _Reader:
    """Follows the parser and keeps what belongs to a record; `form` is the kind of document, once it is known."""

    def __init__(self) -> None:
        self.form = ""
        self.entries: list[BankEntry] = []
        self.file = ""  # which of ours a status report is about
        self._of_all = ("", "")  # the status and the reason that it gives to the whole file
        self._path: list[str] = []
        self._open: list[Node] = []
        self._count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise unreadable("document_type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        self._count += 1
        if self._count > ELEMENTS_MAX or len(self._path) >= DEPTH_MAX:
            raise unreadable("too_large_inside")
        if not self.form:
            found = NAMESPACE.fullmatch(namespace)
            if found is None or tag != "Document":
                raise unreadable("another_message")
            self.form = found[1]
        self._path.append(tag)
        if self._open or tag in RECORDS:
            node = Node(tag, attributes, self.parser.CurrentLineNumber)
            if self._open:
                self._open[-1].children.append(node)
            self._open.append(node)

    def _end(self, _: str) -> None:
        self._path.pop()
        if not self._open:
            return
        node = self._open.pop()
        if node.tag == "TxInfAndSts" and self._open:
            self._open[-1].children.pop()  # it is told here, and whatever holds it need not keep it
        elif self._open:
            return
        match node.tag:
            case "Ntry":
                self.entries += _booked(node)
            case "TxInfAndSts":
                self.entries.append(_reported(node, self._inherited()))
            case "OrgnlGrpInfAndSts":
                self.file = node.said("OrgnlMsgId")
                self._of_all = (node.said("GrpSts"), _reason(node))
                self.entries += _of_the_file(node, self.file, self._of_all[0], ("", ""))
            case _:
                self.entries += _of_the_file(node, self.file, node.said("PmtInfSts"), self._of_all)

    def _inherited(self) -> tuple[str, str]:
        """The status and the reason of a payment that has none of its own: those of its group, else of the file."""
        group = self._open[-1] if self._open else None
        status, reason = (group.said("PmtInfSts"), _reason(group)) if group is not None else ("", "")
        return status or self._of_all[0], reason or self._of_all[1]

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def read(raw: bytes) -> tuple[str, list[BankEntry]]:
    """(`camt.053` or `pain.002`, entries). `Refused` when it is neither, or no XML."""
    reader = _Reader()
    try:
        reader.parser.Parse(raw, True)  # noqa: FBT003 -- expat's own form
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise unreadable("not_xml", str(error)) from error
    return reader.form, _that_count(reader.entries)


def _that_count(entries: list[BankEntry]) -> list[BankEntry]:
    """What ended; and, when a whole file is said to be rejected, what the same report says otherwise of a payment in it."""
    if any(said.whole_file for said in entries):
        return entries
    return [said for said in entries if said.fault != HANDED_OVER_AGAIN]


def unreadable(why: str, said: str = "") -> Refused:
    """That nobody can read it, and why; `said`: the parser's own words, for whoever wrote the file."""
    facts = {"parser": said[:120]} if said else {}
    return Refused("statement_unreadable", "invalid", "file", why_unreadable=why, **facts)


def _booked(entry: Node) -> Iterator[BankEntry]:
    """The payments of an entry: the bank may book many in one."""
    several = list(entry.all("NtryDtls/TxDtls"))
    for details in several or [entry]:
        yield _payment(entry, details, alone=len(several) < 2)


def _payment(entry: Node, details: Node, *, alone: bool) -> BankEntry:
    key = details.said("Refs/EndToEndId")
    credit = details.said("CdtDbtInd") or entry.said("CdtDbtInd")
    status = entry.said("Sts/Cd", "Sts")
    returned = credit == "CRDT" or details.one("RtrInf") is not None
    kind = Kind.PENDING if status and status != "BOOK" else Kind.RETURNED if returned else Kind.BOOKED
    reference = details.said("Refs/AcctSvcrRef")
    if not reference:
        own, place = entry.said("AcctSvcrRef"), entry.said("NtryRef")
        day = entry.said("BookgDt/Dt", "BookgDt/DtTm")[:10]
        common = own or (f"{place}@{day}" if place else "")
        reference = f"{common}/{key}" if common else ""
    amount = details.one("Amt") or details.one("AmtDtls/TxAmt/Amt") or (entry.one("Amt") if alone else None)
    found = _entry(details.line, kind, key, amount, entry.said("BookgDt/Dt", "BookgDt/DtTm")[:10], reference,
                   details.said("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"))  # fmt: skip
    return found if credit in {"DBIT", "CRDT"} else replace(found, fault="direction")


def _reported(node: Node, inherited: tuple[str, str]) -> BankEntry:
    """A payment of a status report: only a rejection says that something ended; with another status it may be paid."""
    status = node.said("TxSts") or inherited[0]
    rejected = status == "RJCT"
    key = node.said("OrgnlEndToEndId", "OrgnlInstrId")
    reference = node.said("AcctSvcrRef", "StsId")
    reason = (_reason(node) or inherited[1]) if rejected else status
    amount = node.one("OrgnlTxRef/Amt/InstdAmt")
    found = _entry(node.line, Kind.REJECTED, key, amount, "", reference, reason, amount_needed=False)
    return found if rejected else replace(found, fault=HANDED_OVER_AGAIN)


def _of_the_file(node: Node, file: str, status: str, above: tuple[str, str]) -> Iterator[BankEntry]:
    """A report about a whole file; ours has one group of payments, so a rejection of the group is one of the file.

    `above`: the status and the reason of the file, for a group; when that is a rejection and this is none, nobody knows.
    """
    if not file or not status:
        return
    said = _entry(node.line, Kind.REJECTED, file, None, "", "", _reason(node) or above[1], amount_needed=False)
    if status == "RJCT":
        yield replace(said, whole_file=True)
    elif above[0] == "RJCT":
        yield replace(said, whole_file=True, reason=status, fault=HANDED_OVER_AGAIN)


def _reason(node: Node) -> str:
    return node.said("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry", "StsRsnInf/AddtlInf")


def _entry(line: int, kind: Kind, key: str, amount: Node | None, day: str, reference: str, reason: str, *,
           amount_needed: bool = True) -> BankEntry:  # fmt: skip
    fault, money, booked_on = "", None, None
    try:
        if amount is not None:
            money = money_of(amount.text.strip(), amount.attributes.get("Ccy", ""))
        elif amount_needed:
            fault = "amount"
    except ValueError:
        fault = "amount"
    try:
        booked_on = date.fromisoformat(day) if day else None
    except ValueError:
        fault = "date"
    return BankEntry(line, kind, key[:80], money, booked_on, reference[:120], reason[:80], fault)


def money_of(amount: str, currency: str) -> Money:
    """An amount above nothing; ValueError for anything else. Zeros behind the second place are none."""
    whole, _, part = amount.partition(".")
    minor = exact_scaled(f"{whole}.{part.rstrip('0').ljust(2, '0')}", 2)
    if not 0 < minor < 10**15 or len(currency) != 3 or not currency.isalpha():
        raise ValueError(amount)
    return Money(minor, currency.upper())
