"""Reconciliation on pages: a seller's breaks and papers, everybody's breaks for support, one break with what can be done about it."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backhaul.kit import forms, http, keys
from backhaul.kit.done import done
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.marketplace import break_queries, invoice_files, job_doors, queries, reconciliation_queries
from backhaul.marketplace import reconciliation_doors as doors
from backhaul.marketplace import reconciliation_texts as texts
from backhaul.marketplace.break_queries import Wanted
from backhaul.marketplace.doors import Req, Visitor, explain, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.reconciliation_api import ACT_WORDS
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules.findings import BreakKind, Source
from backhaul.marketplace.rules.words import Role

PATH = "/reconciliation"
UPLOAD_BYTES_MAX = invoice_files.FILE_BYTES_MAX + 64 * 1024
NUMBER_CHARACTERS_MAX = 80
WORDS = {word: act for act, word in ACT_WORDS.items()}
LABELS: dict[str, Any] = {
    "kinds": texts.KINDS,
    "break_statuses": texts.STATUSES,
    "break_tones": texts.TONES,
    "invoice_statuses": texts.INVOICE_STATUSES,
}


def routes(office: Office) -> list[Any]:
    """The handlers of reconciliation."""
    return [*_lists(office), *_one(office), *_papers(office)]


def _lists(office: Office) -> list[Any]:
    @get(PATH, include_in_schema=False)
    @http.in_thread
    def listed(request: Req) -> Response[Any]:
        return _draw_list(request, office, visitor(office, request))

    @get(f"{PATH}/export/{{kind:str}}", include_in_schema=False)
    @http.in_thread
    def export(request: Req, kind: FromPath[str]) -> Response[bytes]:
        who = visitor(office, request)
        return doors.file_answer(doors.export(office, who.by, _wanted(request, who), kind, who.language), kind)

    return [listed, export]


def _one(office: Office) -> list[Any]:
    @get(f"{PATH}/breaks/{{break_id:int}}", include_in_schema=False)
    @http.in_thread
    def one(request: Req, break_id: FromPath[int]) -> Response[Any]:
        return _draw_one(request, office, visitor(office, request), break_id)

    @post(f"{PATH}/breaks/{{break_id:int}}/{{word:str}}", include_in_schema=False)
    async def act(request: Req, break_id: FromPath[int], word: FromPath[str]) -> Response[Any]:
        who = await visitor_async(office, request)
        form = await request.form()
        values: dict[str, Any] = {name: str(form.get(name, "")) for name in form}
        try:
            if word not in WORDS:
                raise Refused("unknown_act", "missing", act=word[:40])  # noqa: TRY301
            command: Any = forms.parse(WORDS[word], values)
            key, seen = values.get("form_token", "")[:80], whole_number(values.get("seen", ""))
            await doors.act(office, break_id, command, who.by, key=key, seen=seen)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            draw = partial(_draw_one, request, office, who, break_id, refused=refused, wrong_act=word, values=values)
            return await to_thread.run_sync(draw)
        return done(f"{PATH}/breaks/{break_id}")

    return [one, act]


def _papers(office: Office) -> list[Any]:
    @post(f"{PATH}/invoices", include_in_schema=False, request_max_body_size=UPLOAD_BYTES_MAX)
    async def bring(request: Req) -> Response[Any]:
        who, values, data = await _sent(request)
        try:
            number, revision = values.get("number", ""), values.get("revision", "")
            it, digest = await doors.read_invoice(office, who.by, data, number, revision)
            if len(it.lines) > office.house.terms.policy.job_from_rows:
                await office.desk.perform(job_doors.invoice(office, it, digest, who.by, who.language))
                return http.see_other("/jobs")
            brought = await doors.take_in(office, who.by, it, digest)
        except Refused as refused:
            return await to_thread.run_sync(
                partial(_draw_list, request, office, who, refused=refused, values=values, wrong="invoice")
            )
        said = {"brought": brought.id, "found": brought.found, "gone": brought.gone, "known": int(brought.known)}
        return http.see_other(f"{PATH}?{urlencode(said)}")

    @post(f"{PATH}/price-lists", include_in_schema=False, request_max_body_size=UPLOAD_BYTES_MAX)
    async def bring_price_list(request: Req) -> Response[Any]:
        who, values, data = await _sent(request)
        try:
            await doors.bring_price_list(office, who.by, data)
        except Refused as refused:
            return await to_thread.run_sync(
                partial(_draw_list, request, office, who, refused=refused, values=values, wrong="price-list")
            )
        return http.see_other(f"{PATH}#papers")

    @get(f"{PATH}/invoices/{{invoice_id:int}}", include_in_schema=False)
    @http.in_thread
    def invoice(request: Req, invoice_id: FromPath[int]) -> Response[Any]:
        who = visitor(office, request)
        after = whole_number(request.query_params.get("after", "")) or 0
        with office.look(who.by) as tx:
            found = doors.invoice(tx, invoice_id, who.by)
            lines = reconciliation_queries.lines_of(tx, invoice_id, after)
        more = len(lines) == reconciliation_queries.LINES_A_PAGE
        return page(
            request, "partner_invoice.html", who, here=f"{PATH}/invoices/{invoice_id}", section=PATH, it=found,
            lines=lines, services={line.service: texts.service(line.service, who.language) for line in lines},
            next=lines[-1].number if more else 0, **LABELS,
        )  # fmt: skip

    async def _sent(request: Req) -> tuple[Visitor, dict[str, str], bytes]:
        """Who sends a file, what stands beside it, and the file; an empty one when none was chosen."""
        who = await visitor_async(office, request)
        doors.own(who.by)
        form = await request.form()
        values = {name: str(value)[:NUMBER_CHARACTERS_MAX] for name, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        return who, values, await file.read() if isinstance(file, UploadFile) else b""

    return [bring, bring_price_list, invoice]


def _wanted(request: Req, who: Visitor) -> Wanted:
    """What a reader asks for; what does not fit is left out."""
    said = request.query_params
    seller_id = whole_number(said.get("seller", "")) if who.by.role is Role.SUPPORT else None
    status, kind = said.get("status", b.BreakStatus.OPEN.value), said.get("kind", "")
    return Wanted(
        doors.scope(who.by, seller_id),
        b.BreakStatus(status) if status in list(b.BreakStatus) else None,
        BreakKind(kind) if kind in list(BreakKind) else None,
        said.get("number", "").strip()[:NUMBER_CHARACTERS_MAX],
    )


def _draw_list(request: Req, office: Office, who: Visitor, *, refused: Refused | None = None,
               values: dict[str, str] | None = None, wrong: str = "") -> Response[str]:  # fmt: skip
    wanted = _wanted(request, who)
    said = request.query_params
    with office.look(who.by) as tx:
        found = break_queries.listed(tx, wanted, queries.cursor(said.get("before", "")))
        counts = break_queries.counts(tx, wanted.seller_id)
        compared_at = reconciliation_queries.compared_at(tx)
        seller_id = int(who.by.subject) if who.by.role is Role.SELLER else 0
        invoices = reconciliation_queries.invoices(tx, seller_id) if seller_id else []
        lists = reconciliation_queries.price_lists(tx, seller_id) if seller_id else []
    asked = {"kind": wanted.kind or "", "number": wanted.return_number, "seller": said.get("seller", "")[:18]}
    worded = doors.worded(refused, who.language) if refused is not None else None
    faults: Any = worded.facts.get("faults", []) if worded is not None else []
    brought = next((it for it in invoices if it.id == whole_number(said.get("brought", ""))), None)
    return page(
        request,
        "reconciliation.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=PATH,
        rows=[(it, texts.why(it.finding, who.language), texts.line(it.finding, who.language)) for it in found],
        counts=counts,
        tab=wanted.status.value if wanted.status is not None else "",
        is_long=_count(counts, wanted) > office.house.terms.policy.job_from_rows,
        asked={name: value for name, value in asked.items() if value},
        query=urlencode({name: value for name, value in asked.items() if value}),
        older=found[-1].id if len(found) == break_queries.PAGE_ROWS else 0,
        compared_at=compared_at,
        invoices=invoices,
        price_lists=lists,
        brought=brought,
        known=said.get("known") == "1",
        news=(whole_number(said.get("found", "")) or 0, whole_number(said.get("gone", "")) or 0),
        faults=[(one["where"], one["detail"]) for one in faults],
        faults_more=max(int(str(worded.facts.get("count", 0))) - len(faults), 0) if worded is not None else 0,
        wrong=wrong,
        values=values or {},
        sentence=explain(refused, who.language) if refused else "",
        **LABELS,
    )


def _count(counts: dict[str, int], wanted: Wanted) -> int:
    """How long the export may become: those of a state, or all."""
    return sum(counts.values()) if wanted.status is None else counts.get(wanted.status.value, 0)


def _draw_one(request: Req, office: Office, who: Visitor, break_id: int, *, refused: Refused | None = None,
              wrong_act: str = "", values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    with office.look(who.by) as tx:
        it = doors.one(tx, break_id, who.by)
        acts = doors.acts(tx, office, it, who.by)
        history = break_queries.history(tx, break_id)
        about = queries.one(tx, it.finding.return_id) if it.finding.return_id else None
    found = it.finding
    dispute = texts.dispute(found, who.language) if found.source is Source.INVOICE else ""
    return page(
        request,
        "break.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"{PATH}/breaks/{break_id}",
        section=PATH,
        it=it,
        about=about,
        why=texts.why(found, who.language),
        place=texts.line(found, who.language),
        difference=found.difference,
        service=texts.service(found.service, who.language),
        acts=[_act(act, {"comment": dispute} if act is b.Dispute else {}) for act in acts],
        history=[(h, texts.EVENTS[type(h.event).__name__]) for h in history],
        characters_min=office.house.terms.policy.break_comment_min_characters,
        form_token=keys.session_token(office.chance)[:20],
        wrong_act=wrong_act,
        wrong_field=(refused.field or "") if refused else "",
        values=values or {},
        sentence=explain(refused, who.language) if refused else "",
        **LABELS,
    )


def _act(act: type, suggested: dict[str, str]) -> dict[str, Any]:
    label, hint = texts.ACTS[act.__name__]
    return {"word": ACT_WORDS[act], "label": label, "hint": hint, "fields": forms.fields(act), "suggested": suggested}
