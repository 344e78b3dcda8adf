"""What the marketplace instructs for a seller: a bar code for collectors, and the ceilings of disposal once received."""

from datetime import datetime

from sqlalchemy import bindparam

from backhaul.instructions import Ceilings, CeilingsInForce, CeilingsWanted, PickupBarcodeAsked
from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.partner import instruction_queries as queries
from backhaul.partner import store
from backhaul.partner import tables as t
from backhaul.partner.rules import standing
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.standing import Wanted

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread
BARCODE_PREFIX = "PK"
BARCODE_CHARACTERS = 14  # 70 bits

_b = t.pickup_barcodes
INSERT_BARCODE = Statement(_b.insert())
REDRAW_BARCODE = Statement(
    _b.update()
    .where(_b.c.seller_id == bindparam("seller"))
    .values(barcode=bindparam("fresh"), drawn_us=bindparam("at_us"), drawn_by=bindparam("by_whom"))
)


def barcode(tx: Tx, asked: PickupBarcodeAsked, chance: keys.Chance, at: datetime) -> str:
    """The seller's bar code, drawn when there is none yet or when it is to be another from now on."""
    known = queries.barcode(tx, asked.seller_id)
    if known and not asked.renew:
        return known
    if not queries.deciding(tx, asked.seller_id):  # who may not decide opens nothing, and closes nothing either
        raise Refused("not_linked", "conflict")
    fresh = BARCODE_PREFIX + "".join(ALPHABET[byte % len(ALPHABET)] for byte in chance(BARCODE_CHARACTERS))
    if known:
        tx.run(REDRAW_BARCODE, seller=asked.seller_id, fresh=fresh, at_us=to_us(at), by_whom=asked.by)
    else:
        tx.run(INSERT_BARCODE, seller_id=asked.seller_id, barcode=fresh, drawn_us=to_us(at), drawn_by=asked.by)
    return fresh


def set_ceilings(tx: Tx, asked: CeilingsWanted, policy: Policy, at: datetime) -> None:
    """From now on these ceilings: rules by price alone that say something else end, those by SKU or reason stay (P25).

    They are rules of the company that was linked to the seller first; its people see and end them like their own.
    """
    links = sorted(queries.deciding(tx, asked.seller_id), key=lambda link: (link.linked_us, link.company_id))
    if not links:
        raise Refused("not_linked", "conflict")
    companies = [link.company_id for link in links]
    wanted = _wanted(asked.ceilings)
    # Also those of companies whose link does not hold now: they would come back with it.
    for rule in queries.rules(tx, asked.seller_id, queries.ruling(tx, asked.seller_id)):
        same = any(one.same_as(rule) for one in wanted) and rule.company_id in companies
        if standing.is_by_price(rule) and not same:
            tx.run(store.END_RULE, rule=rule.id, company=rule.company_id, at_us=to_us(at), by_login=asked.by)
    staying = queries.rules(tx, asked.seller_id, companies)
    owner = companies[0]
    home = tx.one(store.COUNTRY, company=owner)
    for one in wanted:
        if any(one.same_as(rule) for rule in staying):
            continue
        standing.check(one, [rule for rule in staying if rule.company_id == owner], "" if home is None else home[0],
                       policy)  # fmt: skip
        tx.run(store.INSERT_RULE, company_id=owner, seller_id=asked.seller_id, below_rub=one.below_rub, sku=None,
               reason="", made_us=to_us(at), made_by=asked.by, ended_us=None, is_defect=one.is_defect, through_key=True)  # fmt: skip
        staying = queries.rules(tx, asked.seller_id, companies)


def in_force(tx: Tx, seller_id: int) -> CeilingsInForce:
    """The ceilings as they stand, and how they came about."""
    companies = [link.company_id for link in queries.deciding(tx, seller_id)]
    rules = queries.rules(tx, seller_id, companies)
    return CeilingsInForce(queries.ceilings(rules), tuple(queries.changes(tx, seller_id, companies)))


def _wanted(ceilings: Ceilings) -> list[Wanted]:
    known = ((ceilings.proper_below_rub, False), (ceilings.defective_below_rub, True))
    return [Wanted(below_rub=below, is_defect=is_defect) for below, is_defect in known if below is not None]
