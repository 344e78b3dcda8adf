"""Every kind of long work by its word."""

from backhaul.marketplace.jobs import back_tests, bank_statements, decisions, exports, invoices, orders, rates
from backhaul.marketplace.jobs.steps import Kinds

KINDS: Kinds = {
    **exports.KINDS,
    **decisions.KINDS,
    **back_tests.KINDS,
    **invoices.KINDS,
    **bank_statements.KINDS,
    **rates.KINDS,
    **orders.KINDS,
}
