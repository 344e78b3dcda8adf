"""What page and API v1 share about long work: ask for it, find one's own, cancel it, hand out its file.

Who may only read may ask for what changes nothing (R101): the row is the house's note of its own work.
"""

from collections.abc import Sequence

import msgspec
from litestar.response import File

from backhaul.kit import drawing
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.statements import Period
from backhaul.marketplace import access, ledger_doors, rate_files, statement_files
from backhaul.marketplace.banks import MEGABYTE
from backhaul.marketplace.jobs import decisions, orders, queries, store
from backhaul.marketplace.jobs.decisions import Item
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.store import Order
from backhaul.marketplace.jobs.wanted import (
    TYPES,
    BackTest,
    BankStatement,
    Decisions,
    ExchangeRates,
    Invoice,
    Orders,
    StatementOf,
    Wanted,
)
from backhaul.marketplace.ledger_doors import BOOKS
from backhaul.marketplace.office import Office
from backhaul.marketplace.rate_doors import only_support
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.compensation import RateCard
from backhaul.marketplace.rules.decisions import By, check_words
from backhaul.marketplace.rules.exchange import day_of, faults
from backhaul.marketplace.rules.partner_invoices import PartnerInvoice
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.statement_errands import NAME_CHARACTERS_MAX

SUPPORT = "support"
ORDERS_BYTES_MAX = 32 * MEGABYTE  # some 150,000 lines; longer files come by `import-orders`


def owner_of(by: By) -> str:
    """Whose long work somebody sees: a company's, or that of all who work in support."""
    if by.role is Role.SELLER:
        return f"seller:{by.subject}"
    if by.role is Role.SUPPORT:
        return SUPPORT
    raise Refused("not_your_role", "forbidden", role=by.role)


def ordering(office: Office, wanted: Wanted, by: By, key: str = "", *, handed_in: bytes = b"", total: int = 0,
             said: object = None) -> Errand:  # fmt: skip
    """The errand that asks for work; its answer is the job's id. `key` makes it count once; `said` is what a repeat says again."""
    owner, policy = owner_of(by), office.house.terms.policy
    job_id = f"{to_us(office.clock.now()):016x}{office.chance(6).hex()}"
    order = Order(job_id, owner, by.id, wanted, handed_in, total)

    def run(tx: Tx, at: object) -> bytes:
        store.ask(tx, order, policy, at)  # type: ignore[arg-type]  # the desk's instant
        return job_id.encode()

    return Errand(run, _asking(by), key, fingerprint(("job", said or (wanted, handed_in))) if key else b"")


def own(tx: Tx, job_id: str, by: By) -> Job:
    """One's own job; another's and none at all look the same."""
    found = queries.one(tx, job_id, owner_of(by))
    if found is None:
        raise Refused("not_found", "missing")
    return found


def cancelling(office: Office, job: Job, by: By, key: str = "") -> Errand:
    """The errand that cancels a job. Who only reads cancels what they asked for themselves."""
    owner, policy = owner_of(by), office.house.terms.policy

    def run(tx: Tx, at: object) -> None:
        if not by.writes and job.asked_by != by.id:
            raise Refused("role_read_only", "forbidden")
        store.cancel(tx, job.id, owner, policy, at)  # type: ignore[arg-type]  # the desk's instant

    errand = Errand(run, _asking(by), key, fingerprint(("cancel", job.id)) if key else b"")
    return errand if job.asked_by == by.id else _of_writers(errand, by)


def _of_writers(errand: Errand, by: By) -> Errand:
    """The same on the connection that its giver has: for who only reads it is one that cannot write, whatever is forgotten here."""
    return msgspec.structs.replace(errand, caller=access.Known(by))


def may_cancel(job: Job, by: By) -> bool:
    """Whether somebody is offered to cancel it."""
    return job.is_open and not job.is_cancelling and store.can_stop(job) and (by.writes or job.asked_by == by.id)


def file_of(office: Office, job: Job) -> File:
    """The file as a download that no cache keeps; `Refused` when it is not there yet, no longer, or never will be."""
    at = office.clock.now()
    if job.state_at(at) == queries.EXPIRED:
        raise Refused("job_expired", "missing")
    path = office.jobs.path_of(job)
    if not job.has_file(at) or not path.is_file():
        raise Refused("job_has_no_file", "conflict")
    return File(path, filename=job.name, media_type=TYPES[job.wanted.file], headers=drawing.download_headers())


# What can be asked for


def statement(tx: Tx, by: By, wanted: StatementOf) -> tuple[StatementOf, int]:
    """A statement that its reader may have, and how many entries it has."""
    owner_of(by)
    party = ledger_doors.party(tx, by, wanted.of)
    currency, _ = ledger_doors.currency_of(tx, party.account, wanted.currency)
    heading = BOOKS.heading(tx, party.account, Period(wanted.first, wanted.last), currency)
    return msgspec.structs.replace(wanted, of=party.of, currency=currency), heading.count


def deciding(office: Office, command: do.Command, items: Sequence[Item], by: By, language: str, key: str = "",
             said: object = None) -> Errand:  # fmt: skip
    """The errand that asks for one act on many returns, each with the version that was seen."""
    policy = office.house.terms.policy
    once = list({return_id: (return_id, seen) for return_id, seen in items}.values())
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    if isinstance(command, do.Reject):
        check_words(command.reason, command.comment, office.house.terms)
    if not 0 < len(once) <= policy.job_items_max:
        raise Refused("bulk_size", "invalid", "items", low=1, high=policy.job_items_max)
    body = msgspec.to_builtins(command)
    wanted = Decisions(language=language, act=type(command).__name__, by=by, body=body)
    return _of_writers(
        ordering(office, wanted, by, key, handed_in=decisions.encoded(once), total=len(once), said=said), by
    )


def invoice(office: Office, it: PartnerInvoice, sha256: str, by: By, language: str, key: str = "", said: object = None
            ) -> Errand:  # fmt: skip
    """The errand that asks for an invoice of the partner to be taken in and compared."""
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    wanted = Invoice(language=language, number=it.number, revision=it.revision, sha256=sha256, by=by)
    handed_in = msgspec.json.encode(it)
    return _of_writers(
        ordering(office, wanted, by, key, handed_in=handed_in, total=len(it.lines), said=said or sha256), by
    )


def bank_statement(office: Office, name: str, raw: bytes, by: By, language: str, key: str = "", said: object = None
                   ) -> Errand:  # fmt: skip
    """The errand that asks for a statement of the bank to be taken in; `Refused` when it cannot be read at all."""
    only_support(by)
    _, entries = statement_files.read(raw)
    wanted = BankStatement(language=language, name=name.replace("\0", "")[:NAME_CHARACTERS_MAX], by=by)
    return ordering(office, wanted, by, key, handed_in=raw, total=len(entries), said=said)


def rates(office: Office, raw: bytes, source: str, by: By, language: str, key: str = "", said: object = None) -> Errand:
    """The errand that asks for a file of exchange rates to be handed in; `Refused` names what is wrong with it."""
    only_support(by)
    found = rate_files.parsed(raw, source)
    if wrong := faults(found, day_of(office.clock.now())):
        raise rate_files.invalid(wrong)
    wanted = ExchangeRates(language=language, by=by)
    return ordering(office, wanted, by, key, handed_in=msgspec.json.encode(found), total=len(found), said=said)


def delivered_orders(office: Office, name: str, raw: bytes, by: By, language: str, key: str = "", said: object = None
                     ) -> Errand:  # fmt: skip
    """The errand that asks for a file of delivered orders to be loaded; `Refused` when its columns are not those of orders."""
    only_support(by)
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    if len(raw) > ORDERS_BYTES_MAX:
        raise Refused("orders_too_large", "invalid", "file", megabytes_max=ORDERS_BYTES_MAX // MEGABYTE)
    total = orders.check_header(raw, office.clock.now())
    wanted = Orders(language=language, name=name.replace("\0", "")[:NAME_CHARACTERS_MAX], by=by)
    return ordering(office, wanted, by, key, handed_in=raw, total=total, said=said)


def back_test(office: Office, card: RateCard, wanted: BackTest, by: By, key: str = "", said: object = None) -> Errand:
    """The errand that asks for a card over what is past."""
    only_support(by)
    return ordering(office, wanted, by, key, handed_in=msgspec.json.encode(card), said=said)


def _asking(by: By) -> access.Known:
    """The caller of an errand of the house's own: who may only read gets a connection that writes it down."""
    return access.Known(msgspec.structs.replace(by, writes=True))
