"""API v1 of answers: templates and their versions, those that fit a return, and messages to its customer or seller."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post, put
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.paging import NEWEST, Before, paged
from backhaul.marketplace import answer_errands, answer_queries, answer_views, queries
from backhaul.marketplace.answer_views import AnswerView, MessageView, TemplateView, template_view
from backhaul.marketplace.doors import IdempotencyKey, Req, account_of, bearer, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.answers import Situation, Template
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ReasonGroup, Role, Variant
from backhaul.marketplace.terms_doors import support

Text = Annotated[str, Meta(max_length=4000, pattern="^[^\x00]*$")]
Title = Annotated[str, Meta(max_length=400, pattern="^[^\x00]*$")]


class MessageWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to write, and to whom: `customer` or `seller`. `template`: the code of the one that it began with."""

    text: Text
    to: Role = Role.CUSTOMER
    template: Annotated[str, Meta(max_length=40, pattern="^[^\x00]*$")] = ""


class TemplateWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next version of a template. `texts`: one for each language. `seen`: the version that you looked at."""

    title: Title
    texts: dict[str, Text]
    to: Role = Role.CUSTOMER
    situation: Situation = Situation.ANY
    variant: Variant | None = None
    reason_group: ReasonGroup | None = None
    active: bool = True
    seen: int | None = None


def routes(office: Office) -> Router:
    """The handlers of answers."""
    return Router(
        "/api/v1", route_handlers=[*_of_return(office), *_templates(office)], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["answers"],
    )  # fmt: skip


def _of_return(office: Office) -> list[Any]:
    @get("/returns/{return_id:int}/messages", summary="What support wrote about a return, the newest 100, oldest first",
         description="The customer and the seller read what was written to them, staff all of it. `Link` leads to older ones.")  # fmt: skip
    @http.in_thread
    def listed(request: Req, return_id: FromPath[int], before: Before = NEWEST) -> Response[list[MessageView]]:
        by = bearer(office, request)
        with office.look(by) as tx:
            part = answer_views.messages(tx, concerned(tx, return_id, by), by, before)
        return paged(request, part, list(part.rows))

    @post(
        "/returns/{return_id:int}/messages", status_code=201, summary="Write to the customer or the seller; for support"
    )
    async def write(request: Req, return_id: FromPath[int], data: JSONBody[MessageWanted],
                    key: IdempotencyKey = None) -> Response[MessageView]:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, at: datetime) -> bytes:
            one = answer_errands.write_message(tx, return_id, data.to, data.text, data.template, account.by(), at)
            return msgspec.json.encode(
                MessageView(one.id, one.to, one.text, one.at, one.template, one.language, one.written_by)
            )

        answer = await office.desk.perform(persons_errand(request, account, run, key, data))
        return http.encoded(answer.body, MessageView, 201)

    @get("/returns/{return_id:int}/answers", summary="The templates that fit a return, filled; for support")
    @http.in_thread
    def answers(request: Req, return_id: FromPath[int]) -> list[AnswerView]:
        support(office, request)
        by = bearer(office, request)
        with office.look(by) as tx:
            return answer_views.fitting(tx, concerned(tx, return_id, by), http.language_of(request))

    return [listed, write, answers]


def _templates(office: Office) -> list[Any]:
    @get("/answer-templates", summary="All templates of answers as they are now; for support")
    @http.in_thread
    def templates(request: Req) -> list[TemplateView]:
        by = support(office, request)
        with office.look(by) as tx:
            return [template_view(kept) for kept in answer_queries.templates(tx)]

    @get("/answer-templates/{code:str}", summary="One template of an answer")
    @http.in_thread
    def one(request: Req, code: FromPath[str]) -> TemplateView:
        by = support(office, request)
        with office.look(by) as tx:
            kept = answer_queries.template(tx, code)
        if kept is None:
            raise Refused("not_found", "missing")
        return template_view(kept)

    @get("/answer-templates/{code:str}/versions", summary="Every version of a template, the newest first")
    @http.in_thread
    def versions(request: Req, code: FromPath[str]) -> list[TemplateView]:
        by = support(office, request)
        with office.look(by) as tx:
            found = answer_queries.versions(tx, code)
        if not found:
            raise Refused("not_found", "missing")
        return [template_view(kept) for kept in found]

    @put("/answer-templates/{code:str}", summary="Write a template, or its next version; for support")
    async def save(request: Req, code: FromPath[str], data: JSONBody[TemplateWanted],
                   key: IdempotencyKey = None) -> Response[TemplateView]:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)
        wanted = Template(
            code, data.title, data.texts, data.to, data.situation, data.variant, data.reason_group, data.active
        )

        def run(tx: Tx, at: datetime) -> bytes:
            saved = answer_errands.save_template(tx, wanted, data.seen, account.by(), at)
            return msgspec.json.encode(template_view(answer_queries.Kept(saved, at, account.login)))

        answer = await office.desk.perform(persons_errand(request, account, run, key, data))
        return http.encoded(answer.body, TemplateView)

    return [templates, one, versions, save]


def concerned(tx: Tx, return_id: int, by: By) -> Return:
    """The return, for whom it concerns; a counter has nothing to do with what is written."""
    it = queries.one(tx, return_id)
    if it is None or not concerns(it, by) or by.role is Role.CLERK:
        raise Refused("not_found", "missing")
    return it
