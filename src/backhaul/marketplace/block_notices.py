"""What customers are told of their blocks."""

from backhaul.kit.notices import Bound, Facts, Notice, Word
from backhaul.marketplace.rules import blocks as b

Sayings = list[tuple[str, Facts]]


def of_block(it: b.Block, event: b.Any) -> list[Notice]:
    """What an event of their block tells a customer; `it` is the block after the event."""
    return [Notice(f"customer:{it.customer_ref}", kind, facts) for kind, facts in _of_block(event)]


def _of_block(event: b.Any) -> Sayings:  # noqa: PLR0911 -- one case an event
    match event:
        case b.Imposed(return_number=number, until=until, appeal_by=appeal_by):
            return [("block_began", {"number": number, "until": Bound(until), "appeal_by": Bound(appeal_by)})]
        case b.LevelRaised(comment):
            return [("block_raised", {"comment": comment})]
        case b.LevelLowered():
            return [("block_lowered", {})]
        case b.AppealDecided(True, comment):
            return [("block_appeal_upheld", {"comment": comment})]
        case b.AppealDecided(False, comment):
            return [("block_appeal_refused", {"comment": comment})]
        case b.Lifted(why) if why != "appeal_upheld":  # that is told with the appeal
            return [("block_lifted", {"why": Word("block_end", why)})]
        case b.Expired():
            return [("block_over", {})]
        case _:
            return []
