"""The messages of whoever is signed in, and where their mail goes."""

from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.desk import Errand
from backhaul.kit.done import done
from backhaul.kit.forms import whole_number
from backhaul.kit.inbox import inbox, older
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands, mailboxes
from backhaul.marketplace.doors import Req, Visitor, explain, visitor, visitor_async
from backhaul.marketplace.notice_texts import LANGUAGE
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.words import Role


def routes(office: Office) -> list[Any]:
    """The handlers of the messages."""

    @get("/messages", include_in_schema=False)
    @http.in_thread
    def show(request: Req, before: FromQuery[int] = 2**62) -> Response[Any]:
        return _draw(request, office, visitor(office, request), before)

    @post("/messages/read", include_in_schema=False)
    async def read(request: Req) -> Response[Any]:
        account = _person(await visitor_async(office, request))
        form = await request.form()
        until = whole_number(str(form.get("until", ""))) or 0
        await office.desk.perform(Errand(lambda tx, _: errands.mark_read(tx, account, until)))
        return http.see_other("/messages")

    @post("/messages/email", include_in_schema=False)
    async def email(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        account = _person(who)
        form = await request.form()
        typed = str(form.get("email", ""))[:300]
        try:
            await office.desk.perform(Errand(lambda tx, _: errands.set_email(tx, account, typed)))
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, who, 2**62, refused, typed)
        return done("/messages")

    return [show, read, email]


def _person(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who.account


def _draw(request: Req, office: Office, who: Visitor, before: int, refused: Refused | None = None,
          typed: str = "") -> Response[str]:  # fmt: skip
    account = _person(who)
    board = office.house.board
    readers = mailboxes.readers_of(account)
    with office.look(who.by) as tx:
        read = mailboxes.read_until(tx, account.id)
        messages = inbox(tx, board, LANGUAGE, readers, read, before, who.language)
        newest = board.newest(tx, readers, 2**62)
        address = mailboxes.address_of(tx, account)
    return page(
        request,
        "marketplace_messages.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/messages",
        messages=messages,
        older=older(messages),
        newest=newest,
        address=typed if refused else address,
        may_change=account.role is not Role.CUSTOMER,
        sentence=explain(refused, who.language) if refused else "",
    )
