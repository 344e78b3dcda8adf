"""What the Seller API reads and writes: the public contract's shapes, with its quirks, and nothing of ours beside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from backhaul.kit import i18n
from backhaul.kit.days import to_us
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.money import DIGITS_BY_CURRENCY, exact_scaled, half_up
from backhaul.marketplace import texts
from backhaul.marketplace.reason_names import hint_of, name_of
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.catalogues import RejectionReasons
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, counts_as_defect
from backhaul.marketplace.rules.wire_states import ACTION_IDS, GROUPS, look
from backhaul.marketplace.rules.words import RefundStatus

T = TypeVar("T")

INT64_MAX = 2**63 - 1
LIMIT_MAX = 1000
REJECT_AFTER_INSPECTION = -10  # known to clients; no state of ours has it

ACTS_BY_ID = {number: act for act, number in ACTION_IDS.items()}
AT_POINT = N_("At a pick-up point")
REQUIRED = "value is required"

# 64-bit numbers may come as strings: many writers of JSON print them so.
Id = Annotated[int, Meta(ge=1, le=INT64_MAX)] | Annotated[str, Meta(pattern="^[1-9][0-9]{0,17}$")]
LastId = Annotated[int, Meta(ge=0, le=INT64_MAX)] | Annotated[str, Meta(pattern="^[0-9]{1,18}$")]
Words = Annotated[str, Meta(max_length=200, pattern="^[^\x00]*$")]
Amount = int | float | Annotated[str, Meta(max_length=40)]


# What comes in

RUSSIAN = "ru"  # the language of names on this wire


class Period(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """When the customer asked for the return; both ends belong to it."""

    from_: datetime | None = None
    to: datetime | None = None

    def low_us(self) -> int:
        """The first microsecond."""
        return 0 if self.from_ is None else _us(self.from_)

    def high_us(self) -> int:
        """The first microsecond after it."""
        return 2**62 if self.to is None else _us(self.to) + 1


class Filter(msgspec.Struct, frozen=True):
    """Which returns to list; nothing given: all."""

    offer_id: Words | None = None
    posting_number: Words | None = None
    group_state: Annotated[list[str], Meta(max_length=50)] | None = None
    created_at: Period | None = None


class ReturnsRfbsListV2Request(msgspec.Struct, frozen=True):
    """A page of returns after `last_id`."""

    limit: int
    filter: Filter | None = None
    last_id: LastId | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LIMIT_MAX:
            raise wrong(type(self), "limit", f"value must be inside range [1, {LIMIT_MAX}]")

    def groups(self) -> list[str]:
        """The wanted groups in lower case, each once; empty: all of them."""
        asked = [name.lower() for name in (self.filter and self.filter.group_state) or ()]
        if unknown := set(asked) - {*GROUPS, "all"}:
            known = ", ".join(["all", *GROUPS])
            raise wrong(type(self), "filter.group_state", f"value must be in list [{known}], not {min(unknown)!r}")
        return [] if "all" in asked else list(dict.fromkeys(asked))


class ReturnsRfbsGetV2Request(msgspec.Struct, frozen=True):
    """One return."""

    return_id: Id


class ActRequest(msgspec.Struct, frozen=True):
    """A decision on one return."""

    return_id: Id

    def command(self, rejections: RejectionReasons) -> do.Command:
        raise NotImplementedError


class ReturnsRfbsVerifyV2Request(ActRequest, frozen=True):
    """Approve. The description is accepted and unused: the goods come back by pick-up points only."""

    return_method_description: str | None = None

    def command(self, _: RejectionReasons) -> do.Command:
        return do.Approve()


class ReturnsRfbsRejectV2Request(ActRequest, frozen=True):
    """Reject, with a reason of `rejection_reason` and an explanation."""

    rejection_reason_id: int
    comment: do.Comment | None = None

    def command(self, rejections: RejectionReasons) -> do.Command:
        return _reject(type(self), self.rejection_reason_id, self.comment, rejections)


class ReturnsRfbsCompensateV2Request(ActRequest, frozen=True):
    """Offer a part of the price."""

    compensation_amount: Amount | None = None

    def command(self, _: RejectionReasons) -> do.Command:
        return _offer(type(self), self.compensation_amount)


class ReturnsRfbsReceiveReturnV2Request(ActRequest, frozen=True):
    """Confirm that the consignee received the shipment."""

    def command(self, _: RejectionReasons) -> do.Command:
        return do.ConfirmReceipt()


class ReturnsRfbsReturnMoneyV2Request(ActRequest, frozen=True):
    """Refund without return."""

    return_for_back_way: int | float | None = None

    def command(self, _: RejectionReasons) -> do.Command:
        _no_postage(type(self), self.return_for_back_way)
        return do.RefundWithoutReturn()


class ReturnsRfbsActionSetRequest(ActRequest, frozen=True):
    """Any of these by its id in `available_actions`."""

    id: int
    comment: do.Comment | None = None
    rejection_reason_id: int | None = None
    compensation_amount: Amount | None = None
    return_for_back_way: int | float | None = None

    def command(self, rejections: RejectionReasons) -> do.Command:
        if self.id == REJECT_AFTER_INSPECTION:
            raise Refused("not_in_this_state")
        act = ACTS_BY_ID.get(self.id)
        if act is None:
            raise wrong(type(self), "id", f"value must be in list {sorted((REJECT_AFTER_INSPECTION, *ACTS_BY_ID))}")
        _no_postage(type(self), self.return_for_back_way)
        if act is do.Reject:
            return _reject(type(self), self.rejection_reason_id, self.comment, rejections)
        if act is do.Offer:
            return _offer(type(self), self.compensation_amount)
        bare: do.Command = act()
        return bare


def read(shape: type[T], body: bytes) -> T:
    """A body as a request. `Refused` names the field as the public service does; unknown fields do not matter."""
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except msgspec.ValidationError as error:
        rule, _, path = str(error).partition(" - at `")
        if "missing required field" in rule:
            path, rule = f"{path.rstrip('`')}.{rule.split('`')[1]}", REQUIRED
        raise wrong(shape, path.strip("$.`"), rule.replace("`", "")) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("body_not_json", "invalid") from error


def wrong(shape: type, path: str, rule: str) -> Refused:
    """A field that does not fit: `filter.group_state` is `Request.Filter.GroupState` in the message."""
    names = [name.partition("[")[0] for name in path.split(".") if name]
    field = ".".join("".join(word.capitalize() for word in name.split("_")) for name in names)
    return Refused("field_invalid", "invalid", f"{shape.__name__}.{field}" if field else shape.__name__, reason=rule)


def _us(at: datetime) -> int:
    return to_us(at if at.tzinfo else at.replace(tzinfo=UTC))


def _reject(shape: type, number: int | None, comment: str | None, rejections: RejectionReasons) -> do.Reject:
    if number is None:
        raise wrong(shape, "rejection_reason_id", REQUIRED)
    codes = {entry.number: entry.code for entry in rejections.active()}
    if number not in codes:
        raise wrong(shape, "rejection_reason_id", f"value must be in list {sorted(codes)}")
    return do.Reject(codes[number], comment or "")


def _offer(shape: type, amount: float | str | None) -> do.Offer:
    if amount is None:
        raise wrong(shape, "compensation_amount", REQUIRED)
    try:
        roubles = exact_scaled(amount.strip(), 0) if isinstance(amount, str) else int(amount)
    except ValueError:
        roubles = 0
    if roubles < 1 or (isinstance(amount, float) and amount != roubles):
        raise wrong(shape, "compensation_amount", "value must be a whole number of roubles greater than 0")
    return do.Offer(roubles)


def _no_postage(shape: type, amount: float | None) -> None:
    if amount is not None and amount > 0:
        raise wrong(shape, "return_for_back_way", "value must be 0: paying for the way back is not possible yet")


# What goes out


def row(it: Return) -> dict[str, object]:
    """A return in the list."""
    state = {
        "group_state": look(it).group,
        "state": look(it).state,
        "state_name": _ru(texts.STATUS_LABELS[look(it).label]),
        "money_return_state_name": _refund_name(it.refund.status),
    }
    return {"return_id": it.id, **_common(it), "state": state}


def detail(it: Return, acts: Sequence[type], photos_url: str, terms: Terms) -> dict[str, object]:
    """One return with everything that its seller may see."""
    reason = terms.reasons.of(it.reason)
    return {
        **_common(it),
        "available_actions": actions(acts),
        "client_photo": [f"{photos_url}/{it.id}/{photo}" for photo in it.photos],
        "client_return_method_type": {"id": 1, "name": _ru(AT_POINT)},
        "comment": it.comment,
        "rejection_reason": [
            {
                "id": choice.number,
                "name": name_of(choice, RUSSIAN),
                "hint": hint_of(choice, RUSSIAN),
                "is_comment_required": True,
            }
            for choice in terms.rejections.active()
        ],
        "rejection_comment": it.rejection_comment,
        "return_method_description": "",
        "return_reason": {
            "id": reason.number if reason is not None else 0,
            "name": name_of(reason, RUSSIAN) if reason is not None else it.reason,
            "is_defect": counts_as_defect(it),
        },
        "ru_post_tracking_number": "",
        "state": {"state": look(it).state, "state_name": _ru(texts.STATUS_LABELS[look(it).label])},
        "warehouse_id": 0,
    }


def actions(acts: Sequence[type]) -> list[dict[str, object]]:
    """The flat `available_actions`: those of the open acts that have an id."""
    return [
        {"id": ACTION_IDS[act], "name": _ru(texts.COMMAND_LABELS[act.__name__][0])} for act in acts if act in ACTION_IDS
    ]


def _common(it: Return) -> dict[str, object]:
    price = it.line.unit_price
    product = {
        "name": it.line.name,
        "offer_id": it.line.offer_id,
        "sku": it.line.sku,
        "price": half_up(price.minor, 10 ** DIGITS_BY_CURRENCY[price.currency]),
        "currency_code": price.currency,
    }
    return {
        "return_number": it.number,
        "client_name": "",
        "created_at": it.requested_at,
        "order_number": it.line.posting_number.rpartition("-")[0],
        "posting_number": it.line.posting_number,
        "product": product,
    }


def _refund_name(status: RefundStatus) -> str:
    return "" if status is RefundStatus.NONE else _ru(texts.REFUND_LABELS[status])


def _ru(text: str) -> str:
    return i18n.gettext(RUSSIAN, text)
