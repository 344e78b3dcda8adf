"""What one field of search finds for its reader: by number, code, posting, waybill, product, customer, login, key, seller or point.

Nothing is found that its reader may not open: `concerns` of the law decides for returns, the role for everything else.
"""

import re
import unicodedata
from datetime import datetime
from urllib.parse import quote

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.marketplace import block_queries, customer_data, passes, queries, search_queries, texts
from backhaul.marketplace import search_texts as words
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus, RefundStatus, Role, Status
from backhaul.marketplace.search_queries import FOUND_MAX, LETTERS_MIN

WHO_SEARCHES = frozenset({Role.SELLER, Role.MODERATOR, Role.SUPPORT})
CHARACTERS_MAX = 100
SECRET = re.compile(r"bh_r[wo]_([0-9A-Za-z]{1,8})(_[0-9A-Za-z]*)?")
NUMBER = re.compile(r"[RrРр]?[-\s]?(\d{1,18})")
TOKEN = re.compile(r"[0-9A-Za-z._@-]{1,100}")


class Hit(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was found and where it stands; `marks`: what is open about it, in words."""

    title: str
    detail: str
    href: str
    id: str
    state: str = ""
    marks: tuple[str, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """Finds of one kind; `more`: there may be others, so more letters help."""

    by: str
    title: str
    hits: tuple[Hit, ...]
    more: bool


def meant(typed: str) -> str:
    """What was typed or scanned, on one line and of one width. Of a whole API key its public part only: the rest is a secret."""
    plain = "".join(" " if unicodedata.category(c).startswith("C") else c for c in unicodedata.normalize("NFKC", typed))
    text = " ".join(plain.split())[:CHARACTERS_MAX]
    secret = SECRET.fullmatch(text)
    return secret[1] if secret is not None else text


def found(tx: Tx, office: Office, by: By, text: str, language: str, at: datetime) -> list[Group]:
    """Groups that are not empty, the surest first; a return stands in the first one that finds it."""
    search = _Search(tx, by, language, at)
    seller = int(by.subject) if by.role is Role.SELLER else None
    number = NUMBER.fullmatch(text)
    code = passes.found(office, tx, text) if number is None else None
    search.returns("code", [] if code is None else [code])
    search.returns("number", search_queries.by_number(tx, number[1], seller) if number else [])
    if TOKEN.fullmatch(text):
        if len(text) >= LETTERS_MIN:
            search.returns("posting", search_queries.by_posting(tx, text, seller))
            search.returns("waybill", search_queries.by_waybill(tx, text, seller))
        if text.isdecimal() and len(text) <= 18:
            search.returns("sku", search_queries.by_sku(tx, int(text), seller))
    people = search_queries.people(tx, text.lower()) if by.role is Role.SUPPORT and TOKEN.fullmatch(text) else []
    if by.role is not Role.SELLER:
        search.customer(text, people)
    if by.role is Role.SUPPORT:
        search.people(text, people)
        search.companies(text)
    search.keys(text, seller)
    return search.groups


def only(groups: list[Group]) -> Hit | None:
    """The one find, when there is just one."""
    return groups[0].hits[0] if len(groups) == 1 and len(groups[0].hits) == 1 else None


People = list[tuple[str, str, Role, str]]


class _Search:
    """The finds so far."""

    def __init__(self, tx: Tx, by: By, language: str, at: datetime) -> None:
        self.tx, self.by, self.language, self.at = tx, by, language, at
        self.groups: list[Group] = []
        self.seen: set[int] = set()

    def add(self, by: str, hits: list[Hit], *, more: bool = False) -> None:
        if hits:
            self.groups.append(Group(by, i18n.gettext(self.language, words.GROUPS[by]), tuple(hits), more))

    def returns(self, by: str, ids: list[int]) -> None:
        there = {it.id: it for it in queries.by_ids(self.tx, [one for one in ids if one not in self.seen])}
        mine = [it for one in ids if (it := there.get(one)) is not None and concerns(it, self.by)]
        self.seen.update(it.id for it in mine)
        self.add(by, [self._hit(it) for it in mine], more=len(ids) >= FOUND_MAX)

    def customer(self, text: str, people: People) -> None:
        """By the reference, and for support by login and e-mail, too: the customer's page, the returns, and the block that stands."""
        refs = [text] if TOKEN.fullmatch(text) else []
        refs += [subject for login, _, role, subject in people if login == text.lower() and role is Role.CUSTOMER]
        if self.by.role is Role.SUPPORT:
            refs = list(dict.fromkeys([*refs, *search_queries.customers_by_email(self.tx, text)]))
            known = [ref for ref in refs if customer_data.is_known(self.tx, ref)]
            self.add("who", [Hit(ref, "", f"/support/customers/{quote(ref)}", ref) for ref in known])
        for ref in refs:
            self.returns("customer", search_queries.of_customer(self.tx, ref))
        blocks = block_queries.standing(self.tx, refs) if refs else {}
        self.add("block", [
            Hit(ref, self._word(texts.BLOCK_STATUSES[block.status]), f"/blocks/{block.id}", str(block.id))
            for ref, block in blocks.items()
        ])  # fmt: skip

    def people(self, text: str, people: People) -> None:
        """By the first letters of a login: where each of them is looked after."""
        if len(text) < LETTERS_MIN:
            return
        places = {
            Role.CUSTOMER: "/support/customers/{subject}",
            Role.SELLER: "/support/sellers#seller-{subject}",
            Role.CLERK: "/support/points",
        }
        exact_customer = {group.by for group in self.groups} & {"who"}
        hits = []
        for login, name, role, subject in people:
            if role not in places or (role is Role.CUSTOMER and login == text.lower() and exact_customer):
                continue
            href = places[role].format(subject=quote(subject))
            detail = self._word(texts.ROLE_LABELS[role]) + (f" · {name}" if role is not Role.CUSTOMER else "")
            hits.append(Hit(login, detail, href, login))
        self.add("person", hits, more=len(people) >= FOUND_MAX)

    def companies(self, text: str) -> None:
        seller = queries.seller(self.tx, int(text)) if text.isdecimal() and len(text) <= 18 else None
        if seller is not None:
            self.add(
                "seller", [Hit(str(seller.id), seller.name, f"/support/sellers#seller-{seller.id}", str(seller.id))]
            )
        point = search_queries.point(self.tx, text)
        if point is not None:
            self.add("point", [Hit(point[0], point[1], "/support/points", point[0])])

    def keys(self, text: str, seller: int | None) -> None:
        """Support finds everybody's, a seller's people their own; a key finds none."""
        is_person = not self.by.id.startswith("key:")
        if (
            self.by.role not in (Role.SUPPORT, Role.SELLER)
            or not is_person
            or not LETTERS_MIN <= len(text) <= 8
            or not text.isalnum()
        ):
            return
        hits = []
        for key in search_queries.api_keys(self.tx, text):
            if seller in (None, key.seller_id):
                href = f"/keys/{key.public_id}" if seller is not None else f"/support/sellers/{key.seller_id}/keys"
                state = self._word(texts.KEY_STATUSES[key.status(to_us(self.at))])
                hits.append(Hit(f"{key.public_id} …{key.last4}", key.name, href, key.public_id, state))
        self.add("key", hits)

    def _hit(self, it: Return) -> Hit:
        marks = []
        if it.refund.status is not RefundStatus.NONE:
            state = self._word(texts.REFUND_LABELS[it.refund.status])
            marks.append(i18n.sentence(self.language, words.REFUND, {"state": state}))
        if it.claim.status is not ClaimStatus.NONE:
            state = self._word(texts.CLAIM_LABELS[it.claim.status])
            marks.append(i18n.sentence(self.language, words.CLAIM, {"state": state}))
        if it.disputed or it.status is Status.DISPUTE:
            marks.append(self._word(words.DISPUTE))
        detail = f"{it.line.name} · {it.line.posting_number}"
        state = self._word(texts.STATUS_LABELS[it.status])
        return Hit(it.number, detail, f"/returns/{it.id}", str(it.id), state, tuple(marks))

    def _word(self, text: str) -> str:
        return i18n.gettext(self.language, text)
