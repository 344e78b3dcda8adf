"""The webs of the houses for tests: Litestar takes half a second to register two hundred doors, so each web is built once a process.

A web has a seat for an office. Whoever opens a house sits down in a free one; after the test every seat is free again. The
doors are the real ones: they find the office of the moment through the seat.
"""

from collections.abc import Callable
from typing import Any

from litestar import Litestar

from backhaul.marketplace.app import make_app as marketplace_app
from backhaul.partner.app import make_app as partner_app
from tests import answer_headers, plain_forms


class Seat:
    """What the doors take for their office: everything is that of whoever sits here."""

    def __init__(self, office: Any) -> None:
        object.__setattr__(self, "office", office)

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "office"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "office"), name, value)


Make = Callable[[Any], Litestar]
_free: dict[Make, list[tuple[Seat, Litestar]]] = {}
_taken: list[tuple[Make, Seat, Litestar]] = []


def _web(make: Make, office: Any) -> Litestar:
    free = _free.setdefault(make, [])
    if free:
        seat, app = free.pop()
        object.__setattr__(seat, "office", office)
        if "house" in app.state:
            app.state.house = office.house
    else:
        seat = Seat(office)
        app = make(seat)
        plain_forms.watch(app, "marketplace" if make is marketplace_app else "partner")
        answer_headers.EAR.listen(app)
    _taken.append((make, seat, app))
    return app


def marketplace(office: Any) -> Litestar:
    """The marketplace's web over this office, until the end of the test."""
    return _web(marketplace_app, office)


def partner(office: Any) -> Litestar:
    """The partner's web over this office, until the end of the test."""
    return _web(partner_app, office)


def all_free() -> None:
    """The test is over, its servers are stopped."""
    while _taken:
        make, seat, app = _taken.pop()
        _free[make].append((seat, app))
