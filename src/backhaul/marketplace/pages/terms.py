"""Support publishes versions of the policy: change values, see what differs, say why and from when; versions are never edited."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands, queries, texts
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.perform import policy_at
from backhaul.marketplace.policy_texts import ANSWERS, POLICY_LABELS
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import changed, differences
from backhaul.marketplace.rules.words import Role

LABELS = {**POLICY_LABELS, "valid_from": N_("In force from (Moscow time)")}
FORM = "%Y-%m-%dT%H:%M"


def routes(office: Office) -> list[Any]:
    """The handlers of the policy's page."""

    @get("/support/policy", include_in_schema=False)
    @http.in_thread
    def policy(request: Req) -> Response[Any]:
        return _draw(request, office, _support(office, request))

    @post("/support/policy/preview", include_in_schema=False)
    async def preview(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_support, office, request)
        values = {name: str(text) for name, text in (await request.form()).items()}
        return await to_thread.run_sync(_preview, request, office, who, values)

    @post("/support/policy", include_in_schema=False)
    async def publish(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_support, office, request)
        values = {name: str(text) for name, text in (await request.form()).items()}
        by, token = who.by, values.get("form_token", "")[:80]

        def run(tx: Tx, at: datetime) -> bytes:
            _, after, valid_from, why = _wanted(tx, values, at)
            errands.publish_policy(tx, after, valid_from, by, why, at, seen=values.get("seen", ""))
            office.house.read_terms_again()
            return b""

        try:
            sent = fingerprint(sorted(values.items())) if token else b""
            await office.desk.perform(Errand(run, access.Known(by), token, sent))
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, who, refused, values)
        return http.see_other("/support/policy")

    return [policy, preview, publish]


def _support(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _wanted(tx: Tx, values: dict[str, str], at: datetime) -> tuple[Policy, Policy, datetime, str]:
    """The policy that would hold then, the one that the form describes, from when it holds, and why.

    `Refused` names what does not fit. A version never holds from before it was published.
    """
    try:
        valid_from = datetime.strptime(values.get("valid_from", ""), FORM).replace(tzinfo=MOSCOW)
    except ValueError as error:
        raise Refused("policy_value_invalid", "invalid", "valid_from") from error
    if valid_from < at - timedelta(minutes=1):
        raise Refused("valid_from_is_past", "invalid", "valid_from")
    valid_from = max(valid_from, at)
    before = policy_at(tx, valid_from)
    after = changed(before, {name: values[name] for name in POLICY_LABELS if name in values})
    why = values.get("why", "").strip()
    if len(why) < errands.WHY_CHARACTERS_MIN:
        raise Refused("explanation_required", "invalid", "why", characters_min=errands.WHY_CHARACTERS_MIN)
    if after == before:
        raise Refused("nothing_changes", "invalid")
    return before, after, valid_from, why[:2000]


def _preview(request: Req, office: Office, who: Visitor, values: dict[str, str]) -> Response[str]:
    """What would differ, before anybody confirms."""
    try:
        with office.database.read() as tx:
            before, after, valid_from, why = _wanted(tx, values, office.clock.now())
            later = [one for one in queries.policy_versions(tx) if one.valid_from > valid_from]
    except Refused as refused:
        return _draw(request, office, who, refused, values)
    return page(
        request,
        "policy_preview.html",
        who,
        here="/support/policy",
        section="/support/policy",
        labels=POLICY_LABELS,
        answers=ANSWERS,
        rows=[(name, _text(one), _text(other)) for name, one, other in differences(before, after)],
        values={name: values[name] for name in (*POLICY_LABELS, "valid_from", "why", "seen") if name in values},
        valid_from=valid_from,
        why=why,
        later=later[-1] if later else None,
        form_token=keys.session_token(office.chance)[:20],
    )


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None,
          values: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    """The values in force with the form that changes them, and every version so far."""
    terms, now = office.house.terms, office.clock.now()
    with office.database.read() as tx:
        versions, seen = queries.policy_versions(tx), queries.policies_published(tx)
    fields = [(name, label, (values or {}).get(name, _text(getattr(terms.policy, name))))
              for name, label in POLICY_LABELS.items()]  # fmt: skip
    return page(
        request,
        "policy.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/support/policy",
        fields=fields,
        version=terms.policy_version,
        versions=[(one, "coming" if one.valid_from > now else "" if one.version != terms.policy_version else "now")
                  for one in versions],
        values=values or {},
        seen=seen,
        valid_from=(values or {}).get("valid_from", now.astimezone(MOSCOW).strftime(FORM)),
        wrong=refused.field if refused else "",
        sentence=http.explain(refused, who.language, texts.REFUSALS, LABELS) if refused else "",
    )  # fmt: skip


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
