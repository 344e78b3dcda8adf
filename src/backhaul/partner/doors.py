"""What pages and API share: who is there, refusals in words, forms and pictures, one act on one parcel."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, Response

from backhaul.kit import http, i18n, uploads
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Answer, Errand, Order, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.media import Uploader
from backhaul.partner import access, queries, signing_in, texts
from backhaul.partner.consignment_texts import CONSIGNMENT_STATUSES
from backhaul.partner.office import Office
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import By
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.lifecycle import TABLES
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Decision, Role

SESSION_COOKIE = signing_in.SESSION_COOKIE
KEY_CHARACTERS_MAX = 80
STAFF = signing_in.STAFF
Req = Request[Any, Any, Any]

# Acts by their word in the URL: /parcels/7/print-label, /api/v1/parcels/7/print-label.
ACTS: dict[str, type[do.Command]] = {
    "".join(f"-{c.lower()}" if c.isupper() else c for c in act.__name__).lstrip("-"): act
    for act in TABLES
    if act.__name__ in texts.COMMAND_LABELS
}
ACT_WORDS: dict[type, str] = {act: word for word, act in ACTS.items()}


class Visitor(msgspec.Struct, frozen=True):
    """Who looks at a page, and in which language."""

    account: access.Account | None
    language: str
    unread: int = 0

    @property
    def known(self) -> access.Account:
        """The signed-in person; `Refused` when nobody is signed in."""
        if self.account is None:
            raise Refused("sign_in_needed", "unknown")
        return self.account

    @property
    def by(self) -> By:
        """The signed-in person as the law sees them."""
        return self.known.by()


def visitor(office: Office, request: Req, *roles: Role) -> Visitor:
    """Read the session cookie; for handlers that run in a thread. With `roles`: one of these, or `Refused`."""
    token = request.cookies.get(SESSION_COOKIE, "")
    account, unread = None, 0
    if token:
        with office.database.read() as tx:
            account = signing_in.account_of_session(office, tx, token)
            if account is not None:
                http.note(request, role=account.role)
                read = access.read_until(tx, account.id)
                unread = office.house.board.unread(tx, access.readers_of(tx, account), read)
    who = Visitor(account, http.language_of(request, account.language if account else ""), unread)
    if roles and who.known.role not in roles:
        raise Refused("not_your_role", "forbidden", role=who.known.role)
    return who


async def visitor_async(office: Office, request: Req, *roles: Role) -> Visitor:
    """The same for coroutines."""
    return await to_thread.run_sync(visitor, office, request, *roles)


# Refusals in words


def explain(refused: Refused, language: str) -> str:
    """A refusal as a sentence, its facts in the reader's words too."""
    return http.explain(refused, language, _texts(refused), texts.FIELD_LABELS, _words(refused, language))


def problem(refused: Refused, language: str, status: int | None = None) -> Response[bytes]:
    """The refusal for a program: its facts as they are, the sentence in the caller's language."""
    return http.problem(refused, language, _texts(refused), status, _words(refused, language))


def _texts(refused: Refused) -> http.Texts:
    facts = refused.facts
    if refused.code == "version_conflict" and facts.get("decision", Decision.NONE) != Decision.NONE:
        return {refused.code: texts.DECIDED_MEANWHILE}
    if refused.code == "not_in_this_state" and not facts.get("allowed"):
        return {refused.code: texts.NOT_IN_THIS_STATE}
    return texts.REFUSALS


def country(code: str, language: str) -> str:
    """The name of a country."""
    if code in texts.COUNTRIES:
        return i18n.gettext(language, texts.COUNTRIES[code])
    return str(i18n.locale(language).territories.get(code, code))


_WORDS = {
    "status": texts.STATUS_LABELS,
    "decision": texts.DECISION_LABELS,
    "decided_by": texts.DECIDED_BY,
    "inspection": texts.INSPECTION_LABELS,
    "right": texts.BUSINESS_TYPES,
    "role": texts.ROLE_LABELS,
    "consignment_status": CONSIGNMENT_STATUSES,
    "orphan_status": texts.ORPHAN_STATUSES,
    "allowed": {name: label for name, (label, _) in texts.COMMAND_LABELS.items()},
}


def _words(refused: Refused, language: str) -> http.Words:
    """The labels of codes in facts, those of countries among them."""
    lands: dict[str, dict[str, str]] = {}
    for name in ("country", "named", "allowed"):
        said = refused.facts.get(name, ())
        codes = said if isinstance(said, list | tuple) else (said,)
        lands[name] = {str(code): country(str(code), language) for code in codes} | _WORDS.get(name, {})
    return {**_WORDS, **lands}


# Forms and pictures


async def read_form(office: Office, request: Req, by: By, values: dict[str, Any]) -> None:
    """Fill `values` from a sent form and store its pictures and videos, whose ids are `photos` and `videos`.

    When a file is refused, `values` has all that was typed and the files before it: nothing of that is lost.
    """
    await uploads.read_form(
        request, values,
        photos=lambda read: store_picture(office, read, by), videos=lambda read: store_video(office, read, by),
    )  # fmt: skip


async def form_texts(request: Req, *names: str) -> dict[str, str]:
    """These fields of a form without files."""
    form = await request.form()
    return {name: str(form.get(name, ""))[:2000] for name in (*names, "form_token")}


async def store_picture(office: Office, read: uploads.Read, by: By) -> str:
    """Rebuild, store and remember one picture; its id."""
    return await office.media.keep_picture(read, uploader(by))


async def store_video(office: Office, read: uploads.Read, by: By) -> str:
    """The same for a short video and its poster; the id of the video."""
    policy = office.house.terms.policy
    return await office.media.keep_video(read, policy.video_mb_max, policy.video_seconds_max, uploader(by))


def uploader(by: By) -> Uploader:
    """Who brings a file; who may only read brings none."""
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    return Uploader(access.Known(by), queries.uploader_of(by))


async def check_photos(office: Office, command: Any, by: By) -> None:
    """A command may only name pictures and videos that its giver uploaded."""
    named = {field: getattr(command, field, ()) for field in ("photos", "videos")}

    def look() -> None:
        with office.look(by) as tx:
            for field, ids in named.items():
                if not queries.has_photos(tx, by, ids):
                    raise Refused(f"{field}_unknown", "invalid", field)

    if any(named.values()):
        await to_thread.run_sync(look)


# One act on one parcel, and everything else that changes something


class Numbered(msgspec.Struct, frozen=True):
    """The id of what was made."""

    id: int


class Summary(msgspec.Struct, frozen=True):
    """What an act answers: where the parcel stands now."""

    parcel_id: int
    number: str
    status: str
    decision: str
    version: int


def _summary(it: Parcel) -> bytes:
    return msgspec.json.encode(Summary(it.id, it.number, it.status, it.decision, it.version))


async def act(office: Office, parcel_id: int, command: Any, caller: access.Caller, by: By, *, key: str = "",
              seen: int | None = None, request_id: str = "") -> Answer:  # fmt: skip
    """One command to one parcel through the desk. Who loses a race is told what was decided, by whom and when (J12)."""
    await check_photos(office, command, by)
    body_hash = fingerprint((parcel_id, type(command).__name__, command)) if key else b""
    try:
        return await office.desk.perform(Order(parcel_id, command, caller, key, body_hash, seen, request_id, _summary))
    except Refused as refused:
        if refused.code != "version_conflict":
            raise
        await _remember_loser(office, parcel_id, command, caller, seen)
        raise await to_thread.run_sync(_with_decision, office, parcel_id, by, refused) from refused


async def errand(office: Office, who: Visitor, run: Callable[[Tx, datetime], object], *, token: str = "",
                 body: object = None) -> bytes:  # fmt: skip
    """Any other change by a signed-in person. A form that comes twice (`token`) is done once; the answer's body."""
    key = token[:KEY_CHARACTERS_MAX]

    def work(tx: Tx, at: datetime) -> bytes:
        said = run(tx, at)
        return said if isinstance(said, bytes) else b""

    answer = await office.desk.perform(Errand(work, access.Known(who.by), key, fingerprint(body) if key else b""))
    return answer.body


def who_said(tx: Tx, by: By, role: str, actor: str) -> str:
    """A person's name for their own colleagues: sellers read no staff, the staff no sellers. Else nothing."""
    if by.role is not Role.SELLER:
        return access.name_of(tx, actor) if role in STAFF else ""
    if role != Role.SELLER:
        return ""
    company_id = int(by.subject)
    people = {account.login: account.name for account in access.accounts_of_company(tx, company_id)}
    named = {f"key:{key.public_id}": key.name for key in access.keys_of_company(tx, company_id)}
    return people.get(actor) or named.get(actor) or ""


def decided_by(tx: Tx, it: Parcel, by: By) -> str:
    """Who made the decision in force: a colleague's name, else in which way it was made."""
    for happening in reversed(queries.history(tx, it.id)):
        if isinstance(happening.event, e.Decided):
            return who_said(tx, by, happening.role, happening.actor) or it.decided_by
    return it.decided_by


def _with_decision(office: Office, parcel_id: int, by: By, refused: Refused) -> Refused:
    with office.look(by) as tx:
        it = queries.one(tx, parcel_id)
        if it is None or not concerns(it, by, queries.around_of(tx, it)):
            return Refused("not_found", "missing")
        name = decided_by(tx, it, by)
    facts = {**refused.facts, "version": it.version, "status": it.status, "decision": it.decision}
    if it.decision is not Decision.NONE:
        facts |= {"decided_by": name, "decided_how": it.decided_by, "decided_at": it.decided_at}
    return Refused(refused.code, refused.kind, refused.field, **facts)


async def _remember_loser(
    office: Office, parcel_id: int, command: Any, caller: access.Caller, seen: int | None
) -> None:
    """The access log keeps what the one who came second wanted."""
    said = msgspec.json.encode(command).decode()[:300]
    what = f"{type(command).__name__} {parcel_id} seen {seen}: {said}"
    row: dict[str, object] = {"caller": str(caller), "what": what, "code": "version_conflict"}
    log = office.house.journal.log_access
    await office.desk.perform(Errand(lambda tx, at: log(tx, [{**row, "at_us": to_us(at)}])))
