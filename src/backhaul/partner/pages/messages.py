"""The messages of a seller's company, and those of the dock; they also go to the addresses with which people sign in."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.desk import Errand
from backhaul.kit.forms import whole_number
from backhaul.kit.inbox import inbox, older
from backhaul.partner import access, errands
from backhaul.partner.doors import Req, form_texts, visitor, visitor_async
from backhaul.partner.notice_texts import LANGUAGE
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role

READERS = (Role.SELLER, Role.RECEIVER, Role.SUPERVISOR)


def routes(office: Office) -> list[Any]:
    """The handlers of the messages."""

    @get("/messages", include_in_schema=False)
    @http.in_thread
    def show(request: Req, before: FromQuery[int] = 2**62) -> Response[Any]:
        who = visitor(office, request, *READERS)
        board = office.house.board
        with office.look(who.by) as tx:
            readers = access.readers_of(tx, who.known)
            read = access.read_until(tx, who.known.id)
            messages = inbox(tx, board, LANGUAGE, readers, read, before, who.language)
            newest = board.newest(tx, readers, 2**62)
        return page(
            request,
            office,
            "messages.html",
            who,
            here="/messages",
            messages=messages,
            older=older(messages),
            newest=newest,
        )

    @post("/messages/read", include_in_schema=False)
    async def mark(request: Req) -> Response[Any]:
        account = (await visitor_async(office, request, *READERS)).known
        said = await form_texts(request, "until")
        until = whole_number(said["until"]) or 0
        await office.desk.perform(Errand(lambda tx, _: errands.mark_read(tx, account, until)))
        return http.see_other("/messages")

    return [show, mark]
