"""Customers' blocks: the customer's own page with the evidence and the appeal, and the pages of moderators and support."""

from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import forms, http, keys, uploads
from backhaul.kit.database import Tx
from backhaul.kit.done import SENT, done
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.marketplace import block_queries, places, queries, queue_texts, tables, texts
from backhaul.marketplace.block_doors import appeal, check_file, review_block
from backhaul.marketplace.doors import (
    BLOCK_ACT_WORDS,
    BLOCK_ACTS,
    Req,
    Visitor,
    explain,
    read_form,
    visitor,
    visitor_async,
)
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.moderation import asked
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.queue_filters import AppealFilter
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.substitutions import Evidence, evidence
from backhaul.marketplace.rules.words import Role

STAFF = (Role.MODERATOR, Role.SUPPORT)


class Finding(msgspec.Struct, frozen=True):
    """What stands on a return's page about a substitution: the evidence, the block, and whether it may be appealed now."""

    evidence: Evidence | None
    block: b.Block | None
    may_appeal: bool
    characters_min: int


def routes(office: Office) -> list[Any]:
    """The handlers of everything about blocks."""
    return [*_of_customer(office), *_of_staff(office), *_files_of(office)]


def finding(office: Office, it: Return, by: By) -> Finding | None:
    """For the customer, and for those who must know whether the finding holds; None where there is none.

    On a look of its own: of a customer's blocks it takes the one that came from this return, which whoever asks may see.
    """
    if it.parcel is None or not it.parcel.mark_revision:
        return None
    shown = evidence(it)
    with office.database.read() as tx:
        block = block_queries.of_return(tx, it)
        may_appeal = block is not None and b.Appeal in _open_acts(tx, office, block, by)
    if shown is None and (block is None or block.appeal.status is b.AppealStatus.NONE):
        return None
    return Finding(shown, block, may_appeal, office.house.terms.policy.block_comment_min_characters)


def _of_customer(office: Office) -> list[Any]:
    @get("/my-block", include_in_schema=False)
    @http.in_thread
    def mine(request: Req) -> Response[Any]:
        return _draw_mine(request, office, _one_of(visitor(office, request), Role.CUSTOMER))

    @post("/my-block/appeal", include_in_schema=False, request_max_body_size=uploads.UPLOAD_BYTES_MAX)
    async def object_to(request: Req) -> Response[Any]:
        who = _one_of(await visitor_async(office, request), Role.CUSTOMER)
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, who.by, values)
            command = forms.parse(b.Appeal, values)
            await appeal(office, command, who.by, key=str(values.get("form_token", ""))[:80])
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            return await to_thread.run_sync(partial(_draw_mine, request, office, who, refused=refused, values=values))
        return done("/my-block", SENT)

    return [mine, object_to]


def _of_staff(office: Office) -> list[Any]:
    @get("/blocks", include_in_schema=False)
    @http.in_thread
    def blocks(request: Req) -> Response[Any]:
        who = _one_of(visitor(office, request), *STAFF)
        wanted, refused = asked(AppealFilter, request)
        if refused is None and "" in request.query_params.values():  # a form sends its empty fields too
            return http.see_other(wanted.address("/blocks"))
        return _draw_all(request, office, who, wanted, refused)

    @get("/blocks/{block_id:int}", include_in_schema=False)
    @http.in_thread
    def one(request: Req, block_id: FromPath[int]) -> Response[Any]:
        return _draw_one(request, office, _one_of(visitor(office, request), *STAFF), block_id)

    @post("/blocks/{block_id:int}/{word:str}", include_in_schema=False)
    async def review(request: Req, block_id: FromPath[int], word: FromPath[str]) -> Response[Any]:
        who = _one_of(await visitor_async(office, request), *STAFF)
        form = await request.form()
        values: dict[str, Any] = {name: str(form.get(name, "")) for name in form}
        try:
            command = _command(word, values)
            seen, key = whole_number(values.get("seen", "")), values.get("form_token", "")[:80]
            await review_block(office, block_id, command, who.by, key=key, seen=seen)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            draw = partial(_draw_one, request, office, who, block_id, refused=refused, wrong_act=word, values=values)
            return await to_thread.run_sync(draw)
        return done(f"/blocks/{block_id}")

    return [blocks, one, review]


def _draw_all(
    request: Req, office: Office, who: Visitor, wanted: AppealFilter, refused: Refused | None
) -> Response[str]:
    now, after = office.clock.now(), places.place(request.query_params.get("after", ""))
    with office.look(who.by) as tx:
        latest = block_queries.latest(tx, queries.cursor(request.query_params.get("before", "")))
        appeals, onward = block_queries.appeals(tx, wanted, now, after)
        unsettled = block_queries.unsettled(tx)
    return page(
        request,
        "blocks.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=wanted.address("/blocks"),
        section="/blocks",
        now=now,
        appeals=appeals,
        wanted=wanted,
        kept={},
        filter_labels=queue_texts.LABELS,
        choices=[("level", b.BlockStatus)],
        numbers=[("within_hours", 1, 720)],
        choice_labels=queue_texts.CHOICES,
        chips=queue_texts.chips(wanted, "/blocks", who.language),
        cleared="/blocks",
        path="/blocks",
        onward=wanted.address("/blocks", after=str(onward)) if onward else "",
        first=wanted.address("/blocks") if after != places.START else "",
        unsettled=unsettled,
        blocks=latest,
        older=latest[-1].id if len(latest) == block_queries.BLOCKS_MAX else None,
        sentence=explain(refused, who.language) if refused else "",
    )


def _command(word: str, values: dict[str, Any]) -> b.Command:
    """A filled-in form as a command. Whether an appeal is upheld must be said: an empty choice is no refusal."""
    if word not in BLOCK_ACTS:
        raise Refused("unknown_act", "missing", act=word)
    if word == BLOCK_ACT_WORDS[b.DecideAppeal] and values.get("upheld") not in {"yes", "no"}:
        raise Refused("field_invalid", "invalid", "upheld", reason=str(values.get("upheld", ""))[:40])
    command: b.Command = forms.parse(BLOCK_ACTS[word], values)
    return command


def _files_of(office: Office) -> list[Any]:
    def check(request: Req, block_id: int, blob_id: str) -> None:
        check_file(office, block_id, blob_id, visitor(office, request).by)

    @get("/blocks/{block_id:int}/photos/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def picture(request: Req, block_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        check(request, block_id, blob_id)
        return office.media.picture(blob_id)

    @get("/blocks/{block_id:int}/videos/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def video(request: Req, block_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        check(request, block_id, blob_id)
        return office.media.video(blob_id, request)

    @get("/blocks/{block_id:int}/videos/{blob_id:str}/poster", include_in_schema=False)
    @http.in_thread
    def poster(request: Req, block_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        check(request, block_id, blob_id)
        return office.media.poster(blob_id)

    return [picture, video, poster]


def _one_of(who: Visitor, *roles: Role) -> Visitor:
    if who.by.role not in roles:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _open_acts(tx: Tx, office: Office, it: b.Block, by: By) -> list[type]:
    if by.role is Role.CUSTOMER and by.subject != it.customer_ref:
        return []
    confirmed = b.confirmed_cases(block_queries.of_customer(tx, it.customer_ref))
    return b.open_acts(it, by.role, office.clock.now(), office.house.terms.policy, confirmed)


def _draw_mine(request: Req, office: Office, who: Visitor, *, refused: Refused | None = None,
               values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    """The customer's newest block; after a refusal with its sentence and what was typed."""
    with office.look(who.by) as tx:
        found = block_queries.of_customer(tx, who.by.subject)
        block = found[0] if found else None
        returns = [it for case in block.cases if (it := queries.one(tx, case.return_id))] if block else []
        acts = _open_acts(tx, office, block, who.by) if block else []
        history = block_queries.history(tx, block.id) if block else []
        deleted = tables.book.deleted(tx, block.appeal.photos + block.appeal.videos if block else ())
    return page(
        request,
        "my_block.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/my-block",
        now=office.clock.now(),
        block=block,
        stands=b.stands(block, office.clock.now()),
        findings=[shown for it in returns if (shown := evidence(it))],
        may_appeal=b.Appeal in acts,
        characters_min=office.house.terms.policy.block_comment_min_characters,
        policy=office.house.terms.policy,
        history=history,
        deleted=deleted,
        form_token=keys.session_token(office.chance)[:20],
        values=values or {},
        sentence=explain(refused, who.language) if refused else "",
    )


def _draw_one(request: Req, office: Office, who: Visitor, block_id: int, *, refused: Refused | None = None,
              wrong_act: str = "", values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    """One block for moderators and support, with every case of the customer."""
    with office.look(who.by) as tx:
        block = block_queries.one(tx, block_id)
        if block is None:
            raise Refused("not_found", "missing")
        of_customer = block_queries.of_customer(tx, block.customer_ref)
        acts = [act for act in _open_acts(tx, office, block, who.by) if act in BLOCK_ACT_WORDS]
        history = block_queries.history(tx, block_id)
        returns = [it for case in block.cases if (it := queries.one(tx, case.return_id))]
        copies = [one for it in returns if it.parcel is not None for one in it.parcel.photos]
        deleted = tables.book.deleted(tx, [*copies, *block.appeal.photos, *block.appeal.videos])
    return page(
        request,
        "block.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/blocks/{block_id}",
        section="/blocks",
        now=office.clock.now(),
        block=block,
        stands=b.stands(block, office.clock.now()),
        others=[other for other in of_customer if other.id != block.id],
        confirmed=b.confirmed_cases(of_customer),
        returns=returns,
        acts=[_act(act) for act in acts],
        history=history,
        deleted=deleted,
        form_token=keys.session_token(office.chance)[:20],
        values=values or {},
        wrong_act=wrong_act,
        wrong_field=(refused.field or "") if refused else "",
        sentence=explain(refused, who.language) if refused else "",
    )


def _act(act: type) -> dict[str, Any]:
    label, hint = texts.BLOCK_ACTS[act.__name__]
    return {
        "word": BLOCK_ACT_WORDS[act],
        "label": label,
        "hint": hint,
        "fields": forms.fields(act),
        "danger": act is b.RaiseLevel,
    }
