"""Why a unit is inspected or not, in words: its rules, and what it drew."""

from typing import Any

import msgspec

from backhaul.kit import i18n
from backhaul.partner import texts
from backhaul.partner.rules import sampling
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy


def reasons(it: Parcel, policy: Policy, language: str) -> list[str]:
    """Why it was chosen, each reason in the reader's language; what a person wrote stays as it is."""
    facts: dict[str, Any] = {**msgspec.structs.asdict(policy)}
    known = texts.INSPECTION_REASONS
    return [
        i18n.sentence(language, known[reason], facts) if reason in known else reason for reason in it.inspection.reasons
    ]


def draw(it: Parcel, language: str) -> str:
    """`Drawn: 0.1312 < 0.20, epoch 12.`; nothing before it arrived, where no draw was open, and where a rule decided."""
    if it.draw is None or it.draw.rules:
        return ""
    facts = {
        "number": sampling.decimal(it.draw.digest, 4 if not _is_close(it.draw.digest, it.draw.share_pct) else 12),
        "share": f"{it.draw.share_pct // 100}.{it.draw.share_pct % 100:02d}",
        "epoch": str(it.draw.epoch),
    }
    return i18n.sentence(language, texts.DRAWN if it.draw.drawn else texts.NOT_DRAWN, facts)


def _is_close(digest: str, share_pct: int) -> bool:
    """Whether four digits would not show on which side of the share a number is."""
    return sampling.decimal(digest, 4)[2:] == f"{share_pct:02d}00"
