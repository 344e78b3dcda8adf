"""Support's rate cards: the card in force as a file, another one from a file, what it changes, and what it would have changed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.terms_pages import beginning_of, form_token
from backhaul.marketplace import back_testing, job_doors, publications, rate_card_files, term_queries
from backhaul.marketplace.doors import Req, Visitor, visitor_async
from backhaul.marketplace.jobs import wanted as jobs
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages import publishing
from backhaul.marketplace.pages.publishing import Shown, Values
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rate_doors import only_support
from backhaul.marketplace.rules.back_tests import BackTest, Tally
from backhaul.marketplace.rules.compensation import SEED_CARD, RateCard
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.rate_cards import bands, differences
from backhaul.marketplace.rules.versions import Draft, Fault
from backhaul.marketplace.tables import shelf
from backhaul.marketplace.version_texts import price_band, weight_band

PATH = "/support/rate-cards"
TYPES = {"card.csv": "text/csv; charset=utf-8", "card.json": "application/json"}


class RateCardSheet:
    """The rate card as a kind of terms."""

    path = PATH
    kind = "rate_card"
    labels: Mapping[str, str] = {}

    def __init__(self, office: Office) -> None:
        self.office = office

    def draft(self, tx: Tx, values: Values, at: datetime) -> Draft:
        """The card of the file, or of the preview that was made of it."""
        valid_from = beginning_of(values.get("valid_from", ""), at)
        draft = publishing.draft_of(_card(values), values, valid_from)
        publications.check_version(tx, self.kind, draft.version)
        back_testing.period_of(values.get("first_day", ""), values.get("last_day", ""), at)
        if _same(draft.document, term_queries.card_at(tx, valid_from)):
            raise Refused("nothing_changes", "invalid")
        return draft

    def publish(self, tx: Tx, draft: Draft, by: By, at: datetime) -> None:
        """Write it."""
        publications.publish(tx, self.kind, draft, by, at)

    def draw(self, request: Req, who: Visitor, shown: Shown) -> Response[str]:
        """The card in force, the form that takes another one, every version so far."""
        card, now = self.office.house.terms.card, self.office.clock.now()
        with self.office.look(who.by) as tx:
            listed = publishing.listing(tx, self.kind, card.version, now)
            known = {one.version for one, _ in listed["versions"]}
        first, last = back_testing.usual_period(now)
        return page(
            request,
            "rate_cards.html",
            who,
            publishing.status_of(shown),
            here=self.path,
            table=table(card, who.language),
            seed=SEED_CARD.version,
            suggested=_unused(now.astimezone(MOSCOW).date().isoformat(), known),
            first_day=shown.values.get("first_day") or first.isoformat(),
            last_day=shown.values.get("last_day") or last.isoformat(),
            **listed,
            **publishing.told(shown, who, now, self.labels),
        )

    def draw_preview(self, request: Req, who: Visitor, draft: Draft, values: Values) -> Response[str]:
        """The proof, the cells that differ, and the back-test."""
        card, now = msgspec.convert(draft.document, RateCard), self.office.clock.now()
        period = back_testing.period_of(values.get("first_day", ""), values.get("last_day", ""), now)
        with self.office.look(who.by) as tx:
            before = term_queries.card_at(tx, draft.valid_from)
            later = shelf.next_after(tx, self.kind, draft.valid_from)
            tested = back_testing.tested(tx, card, period)
        return page(
            request,
            "rate_card_preview.html",
            who,
            here=self.path,
            section=self.path,
            table=table(card, who.language),
            cells=sum(len(row) for rows in card.rates_pct.values() for row in rows),
            before=before.version,
            changes=changes(before, card, who.language),
            values={
                **publishing.carried(values, ("first_day", "last_day")),
                "card": rate_card_files.as_json(card).decode(),
            },
            valid_from=draft.valid_from,
            why=draft.why,
            later=later,
            form_token=form_token(self.office),
            **shown_test(tested, period),
        )


def routes(office: Office) -> list[Any]:
    """The handlers of the rate cards' pages."""

    @get(f"{PATH}/{{version:str}}/{{name:str}}", include_in_schema=False)
    @http.in_thread
    def download(request: Req, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        who = publishing.support(office, request)
        with office.look(who.by) as tx:
            card = term_queries.rate_card(tx, version)
        if card is None or name not in TYPES:
            raise Refused("not_found", "missing")
        body = rate_card_files.as_csv(card) if name == "card.csv" else rate_card_files.as_json(card)
        return http.file_answer(body, TYPES[name], f"rate-{name}", inline=False)

    @post("/jobs/back-test", include_in_schema=False)
    async def test_all(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        form = await request.form()
        values = {
            name: str(form.get(name, "")) for name in ("card", "version", "first_day", "last_day", "file", "form_token")
        }
        only_support(who.by)
        card = msgspec.structs.replace(_card({"card": values["card"]}), version=values["version"][:80])
        period = back_testing.period_of(values["first_day"], values["last_day"], office.clock.now())
        token = values["form_token"] and f"{values['form_token'][:40]}-{values['file'][:8]}"
        wanted = jobs.BackTest(
            file=jobs.file_kind(values["file"]),
            language=who.language,
            version=card.version,
            first=period[0],
            last=period[1],
        )
        await office.desk.perform(job_doors.back_test(office, card, wanted, who.by, token))
        return http.see_other("/jobs")

    return [*publishing.routes(office, RateCardSheet(office)), download, test_all]


def table(card: RateCard, language: str) -> dict[str, Any]:
    """A card class by class: rows of weights under columns of prices."""
    weights = [weight_band(low, high, language) for low, high in bands(card.weight_edges_gram)]
    return {
        "prices": [price_band(low, high, language) for low, high in bands(card.price_edges_minor)],
        "classes": [(quality.value, list(zip(weights, rows, strict=True))) for quality, rows in card.rates_pct.items()],
    }


def changes(before: RateCard, after: RateCard, language: str) -> list[dict[str, Any]]:
    """The cells that differ, in words."""
    return [
        {
            "quality": one.quality.value,
            "weight": weight_band(one.weight_low_gram, one.weight_high_gram, language),
            "price": price_band(one.price_low_minor, one.price_high_minor, language),
            "before": one.before_pct,
            "after": one.after_pct,
        }
        for one in differences(before, after)
    ]


def shown_test(tested: BackTest, period: tuple[date, date]) -> dict[str, Any]:
    """A back-test as the page draws it: amounts as money."""
    return {
        "tested": tested,
        "tallies": [*((quality.value, _sums(tally)) for quality, tally in tested.classes.items()),
                    ("", _sums(tested.total))],
        "sellers": [(one.seller_id, Money(one.change_minor)) for one in tested.sellers],
        "returns": [(one, Money(one.minor)) for one in (*tested.losing, *tested.gaining)],
        "first_day": period[0],
        "last_day": period[1],
    }  # fmt: skip


def _sums(tally: Tally) -> dict[str, Any]:
    return {
        "tally": tally,
        "before": Money(tally.before_minor),
        "after": Money(tally.after_minor),
        "change": Money(tally.change_minor),
    }


def _card(values: Values) -> RateCard:
    text = values.get("file") or values.get("card", "")
    if "\N{REPLACEMENT CHARACTER}" in text:
        raise rate_card_files.invalid([Fault("not_utf8")])
    return rate_card_files.card_of(rate_card_files.parsed(text.encode("utf-8", "replace")), "")


def _same(one: object, other: RateCard) -> bool:
    return isinstance(one, RateCard) and not differences(one, other)


def _unused(wanted: str, known: set[str]) -> str:
    names = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, 1000))
    return next(name for name in names if name not in known)
