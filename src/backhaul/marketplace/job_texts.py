"""Long work in words: its kinds, its states, what came of it, why it failed."""

from typing import Any

from backhaul.kit import i18n
from backhaul.kit.i18n import N_, ngettext
from backhaul.kit.money import Money
from backhaul.marketplace import ledger_doors, reconciliation_texts, texts
from backhaul.marketplace.jobs.queries import CANCELLED, DONE, EXPIRED, FAILED, QUEUED, RUNNING, Job
from backhaul.marketplace.refusal_texts import explain

STATES = {
    QUEUED: N_("Waiting"),
    RUNNING: N_("At work"),
    DONE: N_("Completed"),
    FAILED: N_("Failed"),
    CANCELLED: N_("Cancelled"),
    EXPIRED: N_("Expired"),
}
TONES = {QUEUED: "warn", RUNNING: "warn", DONE: "good", FAILED: "bad"}
KINDS = {
    "breaks": N_("Breaks as a file"),
    "statement": N_("Statement of account as a file"),
    "decisions": N_("Decisions about many returns"),
    "back_test": N_("Back-test of a rate card"),
    "invoice": N_("Invoice of the logistics partner"),
    "bank_statement": N_("Bank statement"),
    "exchange_rates": N_("Exchange rates"),
    "orders": N_("Import of orders"),
}
# Their files name faults alone: without one there is nothing to fetch.
OF_FAULTS = frozenset({"orders"})
# What came of a kind, with the sums that the job tells; of an export, how many rows.
OUTCOMES = {
    "decisions": N_("{decided} decided, {refused} refused"),
    "back_test": N_("Returns: {returns}, gaining: {gaining}, losing: {losing}, in all {change}"),
    "invoice": N_("Lines: {lines}, breaks: {breaks}"),
    "bank_statement": N_("Entries: {entries}, applied: {applied}, fit nothing: {unfit}"),
    "exchange_rates": N_("New: {new}. Corrections: {corrected}. There already: {known}."),
    "orders": N_("New lines: {new}. There already: {known}. Bad rows: {bad}."),
}
ROWS = ngettext("{count} row", "{count} rows", "count")
INVOICE = N_("{number}, revision {revision}")


def about(job: Job, language: str) -> str:
    """What it is about, below its kind."""
    asked: Any = job.wanted
    said = ""
    match job.kind:
        case "breaks":
            said = _breaks(asked, language)
        case "decisions":
            said = i18n.gettext(language, texts.COMMAND_LABELS[asked.act][0])
        case "statement":
            name = ledger_doors.name_of(ledger_doors.party_of(asked.of).account, language)
            said = f"{name} · {_days(asked, language)} · {asked.currency}"
        case "back_test":
            said = f"{asked.version} · {_days(asked, language)}"
        case "invoice":
            said = i18n.sentence(language, INVOICE, {"number": asked.number, "revision": asked.revision})
        case "bank_statement" | "orders":
            said = asked.name
        case _:
            pass  # a file of rates says itself what it is
    return said


def outcome(job: Job, language: str) -> str:
    """What came of it; empty where nothing can be said yet."""
    if job.failure is not None:
        why, done = explain(job.failure, language), _sums(job, language)
        return f"{why} · {done}" if done else why
    return _sums(job, language)


def _sums(job: Job, language: str) -> str:
    told: dict[str, Any] = dict(job.told)
    if "after_minor" in told:
        told["change"] = Money(told["after_minor"] - told["before_minor"])
    if told:
        return i18n.sentence(language, OUTCOMES[job.kind], told)
    return i18n.sentence(language, ROWS, {"count": job.rows}) if job.state == DONE else ""


def _breaks(asked: Any, language: str) -> str:
    status = reconciliation_texts.STATUSES[asked.status] if asked.status else ""
    kind = reconciliation_texts.KINDS[asked.break_kind] if asked.break_kind else ""
    said = (*(i18n.gettext(language, word) for word in (status, kind) if word), asked.return_number)
    return " · ".join(word for word in said if word)


def _days(asked: Any, language: str) -> str:
    return f"{i18n.day(asked.first, language)} – {i18n.day(asked.last, language)}"
