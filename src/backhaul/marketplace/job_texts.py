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
    DONE: N_("Ready"),
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
}
ROWS = ngettext("{count} row", "{count} rows", "count")
DECIDED = N_("{decided} decided, {refused} refused")
INVOICE = N_("{number}, revision {revision}")
COMPARED = N_("Lines: {lines}, breaks: {breaks}")
TAKEN_IN = N_("Entries: {entries}, applied: {applied}, fit nothing: {unfit}")
TESTED = N_("Returns: {returns}, gaining: {gaining}, losing: {losing}, in all {change}")


def about(job: Job, language: str) -> str:
    """What it is about, below its kind."""
    asked: Any = job.wanted
    if job.kind == "breaks":
        status = reconciliation_texts.STATUSES[asked.status] if asked.status else ""
        kind = reconciliation_texts.KINDS[asked.break_kind] if asked.break_kind else ""
        said = (*(i18n.gettext(language, word) for word in (status, kind) if word), asked.return_number)
        return " · ".join(word for word in said if word)
    if job.kind == "invoice":
        return i18n.sentence(language, INVOICE, {"number": asked.number, "revision": asked.revision})
    if job.kind == "bank_statement":
        return str(asked.name)
    if job.kind == "decisions":
        return i18n.gettext(language, texts.COMMAND_LABELS[asked.act][0])
    days = f"{i18n.day(asked.first, language)} – {i18n.day(asked.last, language)}"
    if job.kind == "back_test":
        return f"{asked.version} · {days}"
    return f"{ledger_doors.name_of(ledger_doors.party_of(asked.of).account, language)} · {days} · {asked.currency}"


def outcome(job: Job, language: str) -> str:
    """What came of it so far; empty where nothing can be said yet."""
    if job.failure is not None:
        return explain(job.failure, language)
    told = job.told
    if "decided" in told:
        return i18n.sentence(language, DECIDED, told)
    if "entries" in told:
        return i18n.sentence(language, TAKEN_IN, told)
    if "lines" in told:
        return i18n.sentence(language, COMPARED, told)
    if "returns" in told:
        change = i18n.money(Money(told["after_minor"] - told["before_minor"]), language)
        return i18n.sentence(language, TESTED, {**told, "change": change})
    return i18n.sentence(language, ROWS, {"count": job.rows}) if job.state == DONE else ""
