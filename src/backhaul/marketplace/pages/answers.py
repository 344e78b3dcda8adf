"""Support's answers: what is written about a return, with the templates that fit it; and the templates themselves."""

from datetime import datetime
from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.done import SENT, done
from backhaul.kit.forms import whole_number
from backhaul.kit.i18n import LANGUAGES, gettext
from backhaul.kit.machine import Refused
from backhaul.kit.paging import NEWEST
from backhaul.marketplace import answer_errands, answer_queries, answer_texts, answer_views, texts
from backhaul.marketplace.answers_api import concerned
from backhaul.marketplace.doors import Req, Visitor, explain, persons_errand, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.publishing import support
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.answers import (
    READERS,
    TEXT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    Situation,
    Template,
)
from backhaul.marketplace.rules.words import ReasonGroup, Role, Variant

PATH = "/support/answers"
FORM_CHARACTERS_MAX = 4_000
NOTHING_SEEN = -1
FIELDS = (
    "code",
    "title",
    "to",
    "situation",
    "variant",
    "reason_group",
    "active",
    "seen",
    *(f"text_{one}" for one in LANGUAGES),
)
Values = dict[str, str]


def routes(office: Office) -> list[Any]:
    """The handlers of messages and templates."""
    return [*_messages(office), *_templates(office)]


def _messages(office: Office) -> list[Any]:
    @get("/returns/{return_id:int}/messages", include_in_schema=False)
    @http.in_thread
    def show(request: Req, return_id: FromPath[int]) -> Response[Any]:
        return _draw_messages(request, office, visitor(office, request), return_id)

    @post("/returns/{return_id:int}/messages", include_in_schema=False)
    async def write(request: Req, return_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request)
        if who.account is None:
            raise Refused("sign_in_needed", "unknown")
        form = await request.form()
        values = {
            name: str(form.get(name, ""))[:FORM_CHARACTERS_MAX] for name in ("to", "text", "template", "form_token")
        }
        account = who.account

        def run(tx: Tx, at: datetime) -> bytes:
            to = Role(values["to"]) if values["to"] in READERS else Role.CALENDAR
            said = answer_errands.write_message(tx, return_id, to, values["text"], values["template"], account.by(), at)
            return str(said.id).encode()

        errand = persons_errand(request, account, run, values["form_token"][:80], (return_id, values))
        try:
            await office.desk.perform(errand)
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(partial(_draw_messages, request, office, who, return_id, refused, values))
        return done(f"/returns/{return_id}/messages", SENT)

    return [show, write]


def _draw_messages(request: Req, office: Office, who: Visitor, return_id: int, refused: Refused | None = None,
                   values: Values | None = None) -> Response[str]:  # fmt: skip
    by = who.by
    before = whole_number(request.query_params.get("before", "")) or NEWEST
    with office.look(by) as tx:
        it = concerned(tx, return_id, by)
        written = answer_views.messages(tx, it, by, before)
        answers = answer_views.fitting(tx, it, who.language) if by.role is Role.SUPPORT else []
        of_seller = answer_queries.language_of_seller(tx, it.seller_id)
    code = request.query_params.get("template", "")[:40]
    chosen = next((one for one in answers if one.code == code), None)
    typed = values or ({"to": chosen.to, "text": chosen.text, "template": chosen.code} if chosen else {})
    return page(
        request,
        "return_messages.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/returns/{return_id}/messages",
        it=it,
        written=written.rows,
        older=written.cursor,
        answers=answers,
        chosen=typed.get("template", ""),
        typed=typed,
        to=typed.get("to") or Role.CUSTOMER,
        readers=[
            (Role.CUSTOMER, LANGUAGES.get(it.customer_language, it.customer_language)),
            (Role.SELLER, LANGUAGES.get(of_seller, of_seller)),
        ],
        text_length=TEXT_CHARACTERS_MAX,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )


def _templates(office: Office) -> list[Any]:
    @get(PATH, include_in_schema=False)
    @http.in_thread
    def listed(request: Req) -> Response[Any]:
        who = support(office, request)
        with office.look(who.by) as tx:
            found = answer_queries.templates(tx)
        return page(request, "answers.html", who, here=PATH, templates=found, situations=answer_texts.SITUATIONS)

    @get(f"{PATH}/new", include_in_schema=False)
    @http.in_thread
    def blank(request: Req) -> Response[Any]:
        return _draw_template(request, office, support(office, request), "")

    @get(f"{PATH}/{{code:str}}", include_in_schema=False)
    @http.in_thread
    def one(request: Req, code: FromPath[str]) -> Response[Any]:
        return _draw_template(request, office, support(office, request), code)

    @post(PATH, include_in_schema=False)
    async def save(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(support, office, request)
        form = await request.form()
        values = {name: str(form.get(name, ""))[:FORM_CHARACTERS_MAX] for name in FIELDS}
        token, account = str(form.get("form_token", ""))[:80], who.account
        if account is None:
            raise Refused("sign_in_needed", "unknown")

        def run(tx: Tx, at: datetime) -> bytes:
            seen = whole_number(values["seen"]) if values["seen"] else NOTHING_SEEN
            saved = answer_errands.save_template(tx, _wanted(values), seen, account.by(), at)
            return saved.code.encode()

        try:
            await office.desk.perform(persons_errand(request, account, run, token, values))
        except Refused as refused:
            known = values["code"] if values["seen"] else ""
            return await to_thread.run_sync(partial(_draw_template, request, office, who, known, refused, values))
        return done(PATH)

    return [listed, blank, one, save]


def _wanted(values: Values) -> Template:
    """The template that the form describes; what is no choice of the form is refused with its field."""
    try:
        return Template(
            values["code"].strip(), values["title"], {one: values[f"text_{one}"].replace("\r\n", "\n").strip() for one in LANGUAGES},
            Role(values["to"]), Situation(values["situation"]), Variant(values["variant"]) if values["variant"] else None,
            ReasonGroup(values["reason_group"]) if values["reason_group"] else None, values["active"] == "yes",
        )  # fmt: skip
    except ValueError as error:
        raise Refused("field_invalid", "invalid", "situation", problem="not_a_choice") from error


def _draw_template(request: Req, office: Office, who: Visitor, code: str, refused: Refused | None = None,
                   values: Values | None = None) -> Response[str]:  # fmt: skip
    with office.look(who.by) as tx:
        kept = answer_queries.template(tx, code) if code else None
        versions = answer_queries.versions(tx, code) if code else []
    if code and kept is None and refused is None:
        raise Refused("not_found", "missing")
    return page(
        request,
        "answer.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"{PATH}/{code or 'new'}",
        section=PATH,
        path=PATH,
        code=code,
        values=values or _values(kept.template if kept else None, who.language),
        versions=versions,
        readers=READERS,
        situations=answer_texts.SITUATIONS,
        text_places=answer_texts.PLACES,
        variants=tuple(Variant),
        groups=texts.REASON_GROUPS,
        text_languages=LANGUAGES,
        wrong=refused.field if refused else "",
        title_length=TITLE_CHARACTERS_MAX,
        text_length=TEXT_CHARACTERS_MAX,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )


def _values(template: Template | None, language: str) -> Values:
    if template is None:
        return dict.fromkeys(FIELDS, "") | {"to": Role.CUSTOMER, "situation": Situation.ANY, "active": "yes"}
    return {
        "code": template.code, "title": gettext(language, template.title), "to": template.to, "situation": template.situation,
        "variant": template.variant or "", "reason_group": template.reason_group or "",
        "active": "yes" if template.active else "", "seen": str(template.version),
        **{f"text_{one}": template.texts.get(one, "") for one in LANGUAGES},
    }  # fmt: skip
