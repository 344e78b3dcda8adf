"""Where a station of the warehouse stands: its browser remembers the warehouse that it was used for last."""

from urllib.parse import quote, unquote

from litestar.datastructures import Cookie

from backhaul.partner.doors import Req
from backhaul.partner.office import Office

COOKIE, COOKIE_SECONDS = "partner_warehouse", 31_536_000


def last_house(office: Office, request: Req) -> str:
    """The warehouse at which this station was used last, the only one there is, or none."""
    houses = office.house.terms.policy.warehouses
    last = unquote(request.cookies.get(COOKIE, ""))
    return last if last in houses else houses[0] if len(houses) == 1 else ""


def default_house(office: Office, request: Req) -> str:
    """The warehouse at which this station was used last, else the first."""
    return last_house(office, request) or office.house.terms.policy.warehouses[0]


def house_cookie(house: str) -> Cookie:
    """Remembers where this station stands."""
    return Cookie(key=COOKIE, value=quote(house), max_age=COOKIE_SECONDS, samesite="lax", httponly=True)
