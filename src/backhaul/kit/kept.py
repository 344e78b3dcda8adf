"""What a person sent when their session was over: carried through the sign-in, shown, and sent again by their own hand."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, Response
from litestar.datastructures import UploadFile

from backhaul.kit.machine import Refused

CHARACTERS_MAX = 100_000
# Never written into a page.
SECRETS = frozenset({"password", "current", "again", "api_key", "key", "secret", "set_up", "codes"})
# Where `code` is that of a second factor: elsewhere it names a reason, a place, a parcel.
OF_FACTORS = ("/second-factor", "/my-data/erasure")
# Handlers with this among their options answer people who have not signed in.
OPEN = {"open_to_all": True}
# What a browser says of a request that no page of ours caused; without scripts, too. Programs say nothing.
ELSEWHERE = frozenset({"cross-site", "same-site"})
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")

Req = Request[Any, Any, Any]


class Kept(msgspec.Struct, frozen=True):
    """A form that waits: its path in this house, names and texts in their order, and the fields that files were chosen for."""

    path: str
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()

    def packed(self) -> str:
        """As one hidden field of the sign-in form; empty when it is too long to be carried."""
        text = msgspec.json.encode(self).decode()
        return text if len(text) <= CHARACTERS_MAX else ""


def unpacked(text: str) -> Kept | None:
    """What a sign-in form carried; None for anything else, and for a path that leads out of this house."""
    try:
        kept = msgspec.json.decode(text[: CHARACTERS_MAX + 1], type=Kept)
    except msgspec.DecodeError:
        return None
    leads_out = not kept.path.startswith("/") or kept.path.startswith(("//", "/\\"))
    return None if leads_out else kept


async def kept_of(request: Req) -> Kept:
    """What was typed into a form; pictures have to be chosen again, secrets typed again."""
    form = await request.form()
    secrets = SECRETS | {"code"} if any(place in request.url.path for place in OF_FACTORS) else SECRETS
    fields = tuple(
        (name, value)
        for name, value in form.items()
        if isinstance(value, str) and name not in secrets and not name.startswith("_")
    )
    files = dict.fromkeys(name for name, value in form.items() if isinstance(value, UploadFile) and value.filename)
    return Kept(request.url.path, fields, tuple(files))


async def only_secrets(request: Req) -> bool:
    """Whether nothing was typed but what is never kept: such a form is filled in anew."""
    typed = [name for name in await request.form() if not name.startswith("_")]
    return bool(typed) and SECRETS.issuperset(typed)


def keeping(is_known: Callable[[Req], bool],
            draw: Callable[[Req, str], Response[Any]]) -> Callable[[Req], Awaitable[Response[Any] | None]]:  # fmt: skip
    """A look before every page's handler: another site's form is refused, and one without a session not thrown away: the sign-in page carries it."""

    async def look(request: Req) -> Response[Any] | None:
        if request.method == "POST" and request.headers.get("sec-fetch-site", "").lower() in ELSEWHERE:
            raise Refused("form_from_elsewhere", "forbidden")
        sent = request.headers.get("content-type", "").startswith(FORMS)
        if request.method != "POST" or not sent or request.route_handler.opt.get("open_to_all"):
            return None
        if request.url.path.startswith("/api/") or await to_thread.run_sync(is_known, request):
            return None
        return draw(request, "" if await only_secrets(request) else (await kept_of(request)).packed())

    return look
