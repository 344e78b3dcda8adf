"""What pages and API share: who is there, forms and pictures, one act on one return."""

from collections.abc import Iterable
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, Response
from litestar.datastructures import UploadFile

from backhaul.kit import forms, http
from backhaul.kit.desk import Answer, Errand, Order, fingerprint
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands, queries, texts
from backhaul.marketplace.office import Office
from backhaul.marketplace.perform import request_return
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.lifecycle import TABLES
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import REASONS, REJECTIONS

SESSION_COOKIE = "marketplace_session"
Req = Request[Any, Any, Any]

# Acts by their word in the URL: /returns/7/approve, /api/v1/returns/7/approve.
ACTS: dict[str, type[do.Command]] = {
    "".join(f"-{c.lower()}" if c.isupper() else c for c in act.__name__).lstrip("-"): act
    for act in TABLES
    if act.__name__ in texts.COMMAND_LABELS
}
ACT_WORDS = {act: word for word, act in ACTS.items()}


class Visitor(msgspec.Struct, frozen=True):
    """Who looks at a page, and in which language."""

    account: access.Account | None
    language: str
    unread: int = 0

    @property
    def by(self) -> By:
        """The signed-in person as the law sees them; `Refused` when nobody is signed in."""
        if self.account is None:
            raise Refused("sign_in_needed", "unknown")
        return self.account.by()


def visitor(office: Office, request: Req) -> Visitor:
    """Read the session cookie; for handlers that run in a thread."""
    token = request.cookies.get(SESSION_COOKIE, "")
    account, unread = None, 0
    if token:
        with office.database.read() as tx:
            account = access.account_of_session(tx, token, office.clock.now())
            if account is not None:
                read = access.read_until(tx, account.id)
                unread = office.house.board.unread(tx, access.readers_of(account), read)
    return Visitor(account, http.language_of(request, account.language if account else ""), unread)


async def visitor_async(office: Office, request: Req) -> Visitor:
    """The same for coroutines."""
    return await to_thread.run_sync(visitor, office, request)


def choices(command: type, point_ids: Iterable[str] = ()) -> dict[str, Iterable[str]]:
    """The catalogues behind a command's text fields."""
    if command is do.RequestReturn:
        return {"reason": REASONS}
    if command is do.Reject:
        return {"reason": REJECTIONS}
    if command in (do.ChoosePoint, do.CheckIn):
        return {"point_id": tuple(point_ids)}
    return {}


async def form_values(office: Office, request: Req, by: By) -> dict[str, Any]:
    """A sent form with its pictures stored: `photos` holds their ids."""
    form = await request.form()
    values: dict[str, Any] = {name: form.get(name) for name in form if name != "photos"}
    uploads = [file for file in form.getall("photos", []) if isinstance(file, UploadFile)]
    photos = [await store_picture(office, await file.read(), by) for file in uploads if file.filename]
    values["photos"] = [
        *(photo for photo in photos),
        *(p for p in form.getall("photos", []) if isinstance(p, str) and p),
    ]
    return values


async def store_picture(office: Office, data: bytes, by: By) -> str:
    """Rebuild, store and remember one picture; its id."""
    blob = await to_thread.run_sync(office.blobs.put_picture, data)
    uploader = queries.uploader_of(by)
    await office.desk.perform(
        Errand(lambda tx, at: errands.keep_blob(tx, blob.id, blob.media_type, blob.size_bytes, uploader, at))
    )
    return blob.id


async def check_names(office: Office, command: Any, by: By) -> None:
    """A command may only name pictures that its giver uploaded, and pick-up points that exist."""
    photos = getattr(command, "photos", ())
    chosen = command.point_id if isinstance(command, do.ChoosePoint) else ""

    def look() -> None:
        with office.database.read() as tx:
            if photos and not queries.has_photos(tx, by, photos):
                raise Refused("photos_unknown", "invalid", "photos")
            known = queries.pickup_points(tx) if chosen else []
        if chosen and chosen not in known:
            raise Refused("unknown_point", "invalid", "point_id", known=known)

    if photos or chosen:
        await to_thread.run_sync(look)


async def act(office: Office, return_id: int, command: Any, by: By | access.KeyCaller, *, key: str = "", seen: int | None = None,
              request_id: str = "") -> Answer:  # fmt: skip
    """One command to one return through the desk, which asks the database who an API key is."""
    caller: access.Caller = by if isinstance(by, access.KeyCaller) else access.Known(by)
    if isinstance(by, By):
        await check_names(office, command, by)
    body_hash = fingerprint((return_id, type(command).__name__, command)) if key else b""
    return await office.desk.perform(Order(return_id, command, caller, key, body_hash, seen, request_id, _summary))


async def start_return(office: Office, line_id: int, command: do.RequestReturn, by: By, *, key: str = "",
                       request_id: str = "") -> Answer:  # fmt: skip
    """A new return of one unit of an order line."""
    await check_names(office, command, by)

    def run(tx: Any, at: Any) -> bytes:
        return _summary(request_return(tx, office.desk, line_id, command, by, at, request_id))

    body_hash = fingerprint((line_id, command)) if key else b""
    return await office.desk.perform(Errand(run, access.Known(by), key, body_hash))


class Summary(msgspec.Struct, frozen=True):
    """What an act answers: where the return stands now."""

    return_id: int
    return_number: str
    status: str
    version: int


def _summary(it: Return) -> bytes:
    return msgspec.json.encode(Summary(it.id, it.number, it.status, it.version))


def parsed(command: type[do.Command], values: dict[str, Any]) -> do.Command:
    """A form's values as a command."""
    return forms.parse(command, values)


def refusal_page(pages: http.Pages, refused: Refused, who: Visitor) -> Response[str]:
    """A refusal for people: what is wrong and the way back."""
    status = http.STATUS_BY_KIND.get(refused.kind, 400)
    sentence = http.explain(refused, who.language, texts.REFUSALS)
    return pages.render("refusal.html", who.language, status, who=who, sentence=sentence, code=refused.code)
