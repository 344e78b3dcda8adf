"""The evidence of a claim in one file for whoever must answer it: the facts on paper, every photo, an index with its hashes."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, last_moment
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import evidence, papers, queries, texts
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

READERS = frozenset({Role.SELLER, Role.SUPPORT, Role.MODERATOR})

CUSTOMERS, POINTS, PARTNERS, CARRIERS = (
    N_("Customer's photo"), N_("Photo at the pick-up point"), N_("Photo of the inspection"), N_("Photo of the carrier"),
)  # fmt: skip
FOLDERS = {CUSTOMERS: "customer", POINTS: "pick-up-point", PARTNERS: "inspection", CARRIERS: "carrier"}
INDEX_HEAD = (N_("File"), N_("What it shows"), N_("When"), "SHA-256")
PRESUMED = N_(
    "The packaging was whole at the pick-up point and broken on arrival: the carrier is presumed to have damaged the product."
)
GONE = N_("deleted after the time of keeping")


class Shown(msgspec.Struct, frozen=True):
    """A photo of the pack; its id is the hash of its bytes."""

    blob_id: str
    what: str
    at: datetime | None


def claimed(tx: Tx, return_id: int, by: By) -> tuple[Return, dict[str, datetime]]:
    """The return with a claim and the instants of its events, for the seller and those who decide."""
    it = queries.one(tx, return_id)
    if it is None or by.role not in READERS or not concerns(it, by) or it.claim.kind is None:
        raise Refused("not_found", "missing")
    return it, {happening.kind: happening.at for happening in queries.history(tx, return_id)}


def pack(office: Office, it: Return, at: dict[str, datetime], language: str) -> bytes:
    """The ZIP. Blocks while the partner is asked for photos that nobody here has seen yet; `Refused` when it is away."""
    out = io.BytesIO()
    index = io.StringIO()
    rows = csv.writer(index)
    rows.writerow([i18n.gettext(language, text) for text in INDEX_HEAD])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for number, shown in enumerate(photos(it, at), 1):
            what = i18n.gettext(language, shown.what)
            name = f"photos/{number:02}-{FOLDERS[shown.what]}.jpg"
            when = i18n.moment(shown.at, language) if shown.at else ""
            try:
                content = evidence.picture(office, it, shown.blob_id)
            except Refused as refused:
                if refused.kind != "gone":
                    raise
                rows.writerow([i18n.gettext(language, GONE), what, when, shown.blob_id])
                continue
            _put(file, name, content, shown.at or it.requested_at)
            rows.writerow([name, what, when, shown.blob_id])
        now = office.clock.now()
        _put(file, "claim.pdf", papers.facts_pdf(_paper(it, at, language)), now)
        _put(file, "index.csv", ("\ufeff" + index.getvalue()).encode(), now)
    return out.getvalue()


def photos(it: Return, at: dict[str, datetime]) -> Iterator[Shown]:
    """In the order in which they were taken: whole first, then broken."""
    yield from (Shown(photo, CUSTOMERS, it.submitted_at) for photo in it.photos)
    if it.check is not None:
        yield from (Shown(photo, POINTS, it.check.at) for photo in it.check.photos)
    if it.parcel is not None:
        yield from (Shown(photo, PARTNERS, at.get("Marked")) for photo in it.parcel.photos)
    if it.claim.answer is not None:
        yield from (Shown(photo, CARRIERS, at.get("ClaimAnswered")) for photo in it.claim.answer.photos)


def facts(it: Return, at: dict[str, datetime], language: str) -> list[tuple[str, str]]:
    """What stands on the paper, label and words."""

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    def whole(intact: bool | None) -> str:  # noqa: FBT001 -- a fact, not a switch
        return "" if intact is None else t(N_("Intact")) if intact else t(N_("Broken"))

    def when(instant: datetime | None) -> str:
        return i18n.moment(instant, language) if instant else ""

    check, parcel, claim = it.check, it.parcel, it.claim
    checked = check if check is not None and check.photos else None
    rows = [
        (t(N_("Return")), it.number),
        (t(N_("Shipment")), it.line.posting_number),
        (t(N_("Product")), it.line.name),
        (t(N_("Article")), it.line.offer_id),
        (t(N_("Serial number")), it.line.serial or ""),
        (t(N_("Claim")), t(texts.CLAIM_KINDS[claim.kind]) if claim.kind else ""),
        (t(N_("Amount")), i18n.money(claim.amount, language) if claim.amount else ""),
        (t(N_("Carrier")), " · ".join(part for part in (it.carrier, it.waybill) if part)),
        (t(N_("Accepted at the pick-up point")), when(it.accepted_at)),
        (t(N_("Packaging at the pick-up point")), whole(checked.packaging_intact if checked else None)),
        (t(N_("Weight at the pick-up point")), _weight(check.weight_gram if check else None, language)),
        (t(N_("Seal number")), check.seal if check else ""),
        (t(N_("Handed over to the carrier")), when(it.dispatched_at)),
        (t(N_("Lost on the way")), when(at.get("WentMissing"))),
        (t(N_("Arrived at the partner's warehouse")), when(parcel.arrived_at if parcel else None)),
        (t(N_("Packaging on arrival")), whole(parcel.packaging_intact if parcel else None)),
        (t(N_("Weight on arrival")), _weight(parcel.weight_gram if parcel else None, language)),
        (t(N_("Inspection")), _mark(it, language)),
        (t(N_("Answer due by")), when(last_moment(claim.answer_by) if claim.answer_by else None)),
        (t(N_("Answer of the carrier")), _answer(it, language)),
    ]
    return [row for row in rows if row[1]]


def _paper(it: Return, at: dict[str, datetime], language: str) -> dict[str, object]:
    broken = it.check is not None and bool(it.check.photos) and it.check.packaging_intact
    presumed = broken and it.parcel is not None and not it.parcel.packaging_intact
    return {
        "title": i18n.gettext(language, N_("Claim")),
        "number": it.number,
        "lead": i18n.gettext(language, PRESUMED) if presumed else "",
        "rows": facts(it, at, language),
        "photos": [],
        "foot": i18n.gettext(language, N_("The photos lie beside this paper; index.csv names each with its hash.")),
    }


def _weight(gram: int | None, language: str) -> str:
    return i18n.kilograms(gram, language) if gram else ""


def _mark(it: Return, language: str) -> str:
    if it.parcel is None or it.parcel.mark is None:
        return ""
    return " · ".join(
        part for part in (i18n.gettext(language, texts.MARK_LABELS[it.parcel.mark]), it.parcel.defect) if part
    )


def _answer(it: Return, language: str) -> str:
    if it.claim.answer is None:
        return i18n.gettext(language, texts.EVENT_LABELS["ClaimWentUnanswered"]) if it.claim.late else ""
    said = N_("It accepts the claim.") if it.claim.answer.accepts else N_("It objects.")
    return f"{i18n.gettext(language, said)} {it.claim.answer.comment}".strip()


def _put(file: zipfile.ZipFile, name: str, content: bytes, at: datetime) -> None:
    local = at.astimezone(MOSCOW)
    file.writestr(
        zipfile.ZipInfo(name, (local.year, local.month, local.day, local.hour, local.minute, local.second)), content
    )
