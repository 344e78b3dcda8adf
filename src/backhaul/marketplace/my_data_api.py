"""API v1 of a customer's own data: what is held, who received it, all of it as a file, and its erasure."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Meta

from backhaul.kit import http, i18n
from backhaul.kit.description import door
from backhaul.kit.second_factor import TYPED_CHARACTERS_MAX
from backhaul.marketplace import customer_data, my_data_doors, person_queries, person_texts
from backhaul.marketplace.doors import IdempotencyKey, Req, account_of, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.erasure import Destroyed
from backhaul.marketplace.terms_doors import support


class EraseMe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What proves that the person asks, and not whoever sits at their screen. `code`: where the account has a second factor."""

    password: Annotated[str, Meta(min_length=1, max_length=200)]
    code: Annotated[str, Meta(max_length=TYPED_CHARACTERS_MAX)] = ""


class HoldView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands in the way of an erasure, as a code and a sentence."""

    why: str
    text: str
    return_number: str = ""
    until: datetime | None = None
    return_id: int = 0


class ErasureView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An erasure that was asked for. `destroyed`: the certificate, what there was, in figures."""

    number: int
    state: str
    asked_at: datetime
    holds: tuple[HoldView, ...] = ()
    erased_at: datetime | None = None
    destroyed: Destroyed | None = None
    withdrawn_at: datetime | None = None


class ReceivedView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who received what. `name`: the seller's number, the point, the carrier, the warehouse."""

    at: datetime
    recipient: str
    recipient_label: str
    what: str
    what_label: str
    return_number: str
    name: str = ""
    return_id: int = 0


class AccountName(msgspec.Struct, frozen=True):
    """An account of the customer."""

    login: str
    name: str


class MyData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who a customer is here, who received something of theirs, and the erasure that they wait for."""

    reference: str
    email: str
    accounts: tuple[AccountName, ...]
    received: tuple[ReceivedView, ...]
    would_hold: tuple[HoldView, ...] = ()
    erasure: ErasureView | None = None


def routes(office: Office) -> Router:
    """The handlers of one's own data."""
    return Router(
        "/api/v1", route_handlers=_handlers(office), before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["my data"],
    )  # fmt: skip


def _handlers(office: Office) -> list[Any]:
    @get("/my-data", summary="What is held of the signed-in customer, and who received it")
    @http.in_thread
    def mine(request: Req) -> MyData:
        account = account_of(office, request)
        ref = my_data_doors.customer_of(account.by())
        language = http.language_of(request, account.language)
        with office.database.read() as tx:
            it = customer_data.person(tx, ref)
            received = customer_data.received(tx, ref)
            in_the_way = my_data_doors.in_the_way(tx, ref, office.clock.now())
            asked = person_queries.waiting(tx, ref)
        return MyData(
            it["reference"],
            it["email"],
            tuple(AccountName(one["login"], one["name"]) for one in it["accounts"]),
            tuple(received_view(one, language) for one in received),
            tuple(hold_view(one, language) for one in in_the_way),
            None if asked is None else erasure_view(asked, language),
        )

    @get("/my-data/export", summary="What is held of the signed-in customer: a ZIP of JSON, photos and videos",
         opt=door(gives=("application/zip",)))  # fmt: skip
    @http.in_thread
    def export(request: Req) -> Stream:
        account = account_of(office, request)
        return my_data_doors.file_of(office, account.by(), http.language_of(request, account.language))

    @post("/my-data/erasure", status_code=200, summary="Erase the signed-in customer; held while something is open")
    async def erase(request: Req, data: JSONBody[EraseMe], key: IdempotencyKey = None) -> Response[ErasureView]:
        account = await to_thread.run_sync(account_of, office, request)
        asked = await my_data_doors.erase(office, request, account, data.password, data.code, key)
        view = erasure_view(asked, http.language_of(request, account.language))
        return Response(view)

    @post(
        "/my-data/erasure/withdraw",
        status_code=200,
        summary="Take back an erasure that is held",
        before_request=http.no_body,
    )
    async def withdraw(request: Req, key: IdempotencyKey = None) -> ErasureView:
        account = await to_thread.run_sync(account_of, office, request)
        asked = await my_data_doors.withdraw(office, request, account, key)
        return erasure_view(asked, http.language_of(request, account.language))

    @get(
        "/customers/{customer_ref:str}/received",
        summary="Who received something of a customer, newest first; for support",
    )
    @http.in_thread
    def of_customer(request: Req, customer_ref: FromPath[str]) -> list[ReceivedView]:
        support(office, request)
        with office.database.read() as tx:
            received = customer_data.known(tx, customer_ref)
        return [received_view(one, http.language_of(request), to=person_texts.SUPPORT) for one in received]

    return [mine, export, erase, withdraw, of_customer]


def hold_view(it: my_data_doors.Hold, language: str, to: person_texts.Said = person_texts.CUSTOMER) -> HoldView:
    """What stands in the way, in words to its reader."""
    until = "" if it.until is None else i18n.moment(it.until, language)
    text = i18n.sentence(language, to.holds[it.why], {"return_number": it.return_number, "until": until})
    return HoldView(it.why.value, text, it.return_number, it.until, it.return_id)


def erasure_view(it: person_queries.Asked, language: str) -> ErasureView:
    """An erasure, in words."""
    found = tuple(hold_view(one, language) for one in it.it.holds)
    return ErasureView(it.id, it.state.value, it.asked_at, found, it.erased_at, it.it.destroyed, it.it.withdrawn_at)


def received_view(
    it: my_data_doors.Received, language: str, to: person_texts.Said = person_texts.CUSTOMER
) -> ReceivedView:
    """Who received what, in words to its reader."""
    who, what = person_texts.RECIPIENTS[it.recipient], to.received[it.what]
    return ReceivedView(
        it.at, it.recipient.value, i18n.gettext(language, who), it.what.value, i18n.gettext(language, what),
        it.return_number, it.name, it.return_id,
    )  # fmt: skip
