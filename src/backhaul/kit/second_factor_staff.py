"""The page where who administers access sees who has a second factor, and resets that of who lost telephone and recovery codes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit import second_factor_changes as changes
from backhaul.kit.done import done
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import CHANGES_A_PAGE, TYPED_CHARACTERS_MAX
from backhaul.kit.second_factor_doors import TICKET_CHARACTERS_MAX, Req
from backhaul.kit.second_factor_pages import PASSWORD_CHARACTERS_MAX, Sheets
from backhaul.kit.second_factor_texts import CHANGES

LOGIN_CHARACTERS_MAX = 100
NEWEST = 2**62


def routes(sheets: Sheets, path: str, chief: Callable[[Req], Any]) -> list[Any]:
    """The handlers at `path`. `chief`: who looks, or `Refused`, because it is no work of theirs."""

    @get(path, include_in_schema=False)
    @http.in_thread
    def people(request: Req, login: FromQuery[str] = "", before: FromQuery[str] = "") -> Response[Any]:
        return _draw(request, sheets, path, chief(request), login[:LOGIN_CHARACTERS_MAX], before)

    @post(f"{path}/reset", include_in_schema=False)
    async def reset(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(chief, request)
        form = await request.form()
        login, ticket = str(form.get("login", ""))[:LOGIN_CHARACTERS_MAX], str(form.get("ticket", ""))
        password, code = (
            str(form.get("current", ""))[:PASSWORD_CHARACTERS_MAX],
            str(form.get("code", ""))[:TYPED_CHARACTERS_MAX],
        )
        try:
            await changes.reset(sheets.doors, request, who.account, login, ticket, password, code)
        except Refused as refused:
            return await to_thread.run_sync(partial(_draw, request, sheets, path, who, login, "", refused, ticket))
        return done(path)

    return [people, reset]


def _draw(request: Req, sheets: Sheets, path: str, who: Any, login: str, before: str = "", refused: Refused | None = None,
          ticket: str = "") -> Response[Any]:  # fmt: skip
    doors, account, state = sheets.doors, None, None
    with doors.office.database.read() as tx:
        staff = doors.staff(tx)
        if login:
            account = doors.of_login(tx, login)
            state = None if account is None else doors.factors.state(tx, account.id)
        has_code = doors.factors.is_on(tx, who.account.id)
        found = doors.factors.changes(tx, whole_number(before) or NEWEST)
    if login and account is None and refused is None:
        refused = Refused("no_such_login", "invalid", "login")
    status = 200 if refused is None else 422 if refused.code == "code_wrong" else http.STATUS_BY_KIND[refused.kind]
    return sheets.draw(
        request, who, "second_factors.html", status, here=path, path=path, staff=staff, chosen=account, state=state,
        login=login, ticket=ticket, own=account is not None and account.id == who.account.id, has_code=has_code,
        changes=found, change_labels=CHANGES, older=found[-1].id if len(found) == CHANGES_A_PAGE else None,
        must=doors.office.house.terms.policy.staff_second_factor, faulty=(refused.field or "") if refused else "",
        sentence=sheets.explain(refused, who.language) if refused else "", password_max=PASSWORD_CHARACTERS_MAX,
        code_length=TYPED_CHARACTERS_MAX, ticket_length=TICKET_CHARACTERS_MAX, login_length=LOGIN_CHARACTERS_MAX,
    )  # fmt: skip
