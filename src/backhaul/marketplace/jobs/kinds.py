"""Every kind of long work by its word."""

from backhaul.marketplace.jobs import back_tests, decisions, exports, invoices
from backhaul.marketplace.jobs.steps import Kinds

KINDS: Kinds = {**exports.KINDS, **decisions.KINDS, **back_tests.KINDS, **invoices.KINDS}
