"""Which readers look at the rows of every owner, and why: reviewed by hand. And which tables belong to nobody.

A reader is a function that opens a look for itself. Whoever asks for somebody says `office.look(by)` and is held to what is theirs on
PostgreSQL; a new function that looks at everything has to be written down here, with its reason.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "backhaul"

WHO = "finds out who is calling; until then it is nobody's look"
SECRET = "compares a secret, which no owner of rows may read"
ANSWERED = "finds the answer that a key of this caller had; the statement says whose"
ROUND = "a round of a worker, for all"
HOUSE = "what the house keeps for itself: no row of an owner"
SIGNED = "answers the other house, which signed; it speaks for no owner here"
DOCK = "what a scan at the dock or on a shelf means; only the warehouse gets here"
HELD_LATER = "holds itself to the owner as soon as it knows who it is"
ASKS = "finds the other house's address and secret"
PUBLIC = "public: everybody may look at the proof of the draw"
TERMS = "terms are everybody's"
KEYS = "opens what is closed with keys that no owner of rows may read; who reads it was decided before"
OWN_DATA = "a customer's own, by their own reference; it joins what nobody else may see together"
FILES = "files are named by what is in them; the door has asked before whose they are"

READERS: Mapping[str, Mapping[str, str]] = {
    "kit": {
        "desk.py:Desk.sweep": "whether anything at all is overdue: a number, for the worker",
        "desk.py:Desk._read_only": HELD_LATER + ": a key that only reads is refused, or answered as before",
        "event_rounds.py:EventRounds.delete_due": ROUND,
        "event_rounds.py:EventRounds.place_due": ROUND,
        "gauges.py:Gauges._look": "counts for the metrics, without people in them",
        "health.py:Readiness._look": HOUSE,
        "journal.py:Journal.health": HOUSE,
        "key_reminders.py:KeyReminders.tell_due": ROUND,
        "mailing.py:Mailing.send_due": ROUND,
        "media.py:MediaRoom.check_kept": FILES,
        "media.py:MediaRoom.poster": FILES,
        "outbox.py:Mailroom.send_due": ROUND,
        "replica.py:has_seen": HOUSE,
        "replica.py:look": "the look itself; its callers hold it",
        "replica.py:mark": HOUSE,
        "comparing_photos.py:ComparingPhotos._look": ROUND,
        "comparing_photos.py:ComparingPhotos._walk": ROUND,
        "comparing_photos.py:ComparingPhotos.work": ROUND,
        "retention.py:Leftovers.delete_due": ROUND,
        "retention.py:Retention.delete_due": ROUND,
        "second_factor_changes.py:_of_ones_own.is_on": "whether this account has a second factor: its own",
        "second_factor_pages.py:_changes.as_text.theirs": SECRET,
        "second_factor_pages.py:_draw": "whether this account has a second factor: its own",
        "second_factor_staff.py:_draw": "who administers access sees who has a second factor",
        "second_factor_steps.py:halfway": WHO,
        "second_factor_steps.py:sign_in_at_once.asked": WHO,
        "terms_differences.py:routes.differences": TERMS,
        "terms_pages.py:_draw": TERMS,
        "terms_pages.py:_preview": TERMS,
        "webhook_doors.py:_is_known": ANSWERED,
        "webhook_sending.py:WebhookSender._start": ROUND,
        "webhook_sending.py:WebhookSender._take": ROUND,
    },
    "marketplace": {
        "app.py:_is_known": WHO,
        "category_rates.py:CategoryRates.of": "sums of a category over all its sellers, of three or more: nobody's own",
        "compensation_alarms.py:CompensationAlarms.tell_due": ROUND,
        "doors.py:account_of": WHO,
        "doors.py:bearer": WHO,
        "erasing.py:Erasing.erase_again": ROUND,
        "erasing.py:Erasing.finish": ROUND,
        "erasing.py:Erasing._go_on_due": ROUND,
        "doors.py:visitor": WHO,
        "evidence.py:_asked": ASKS,
        "instructing.py:ask": ASKS,
        "invitation_api.py:invited": WHO,
        "jobs/decisions.py:decide": "asks again whether whoever wanted the work may still have it done: " + SECRET,
        "jobs/invoices.py:take_in": "asks again whether whoever wanted the work may still have it done: " + SECRET,
        "jobs/orders.py:_pieces": "support's: which pieces of a file are in already",
        "jobs/orders.py:take_in": "asks again whether whoever wanted the work may still have it done: " + SECRET,
        "jobs/rates.py:take_in": "asks again whether whoever wanted the work may still have it done: " + SECRET,
        "jobs/steps.py:Bench.look": "the look itself: held to the company whose job it is",
        "jobs/steps.py:answers": ANSWERED,
        "jobs/working.py:Runner._begin": ROUND,
        "my_data_api.py:_handlers.mine": OWN_DATA,
        "my_data_api.py:_handlers.of_customer": "support's: what is held of a customer",
        "my_data_doors.py:erase.now_is": OWN_DATA,
        "my_data_doors.py:file_of": OWN_DATA,
        "office.py:open_office.opened": KEYS + ", for mails",
        "opening.py:opening.read": KEYS,
        "office.py:Office._end_blocks": ROUND,
        "office.py:Office.look": "the look itself",
        "office.py:Office.read_terms_again": TERMS,
        "pages/account.py:_invited": WHO,
        "pages/blocks.py:finding": "of a customer's blocks the one that came from the return in hand, which whoever asks may see",
        "pages/my_data.py:_draw": OWN_DATA,
        "pages/my_data.py:_certificates.certified": "the certificate of somebody who is nobody any more: the address alone opens it, and names one row",
        "pages/my_data.py:routes.of_customer": "support's: what is held of a customer",
        "pages/returns.py:_looker": WHO,
        "payout_rounds.py:PayoutRun._hand_over": ROUND,
        "payout_rounds.py:PayoutRun._look_again": ROUND,
        "payout_rounds.py:PayoutRun.apply_entries": ROUND,
        "payout_rounds.py:PayoutRun.work": ROUND,
        "push_sending.py:PushSender._send": ROUND,
        "push_sending.py:PushSender._start": ROUND,
        "reconciliation_rounds.py:Reconciling._compare_books": ROUND,
        "reconciliation_rounds.py:Reconciling._compare_next_seller": ROUND,
        "reconciliation_rounds.py:Reconciling._drop_broken_off": ROUND,
        "reconciliation_rounds.py:Reconciling._look": "the look itself: held to the seller whose invoices are compared",
        "reconciliation_rounds.py:Reconciling.run_due": ROUND,
        "repeats.py:answered.look": ANSWERED,
        "reports.py:_checked": SIGNED,
        "reports.py:_claim_photo": SIGNED,
        "reports.py:_comparing.units.look": SIGNED,
        "reports.py:routes.hold_check.look": SIGNED,
        "reports.py:routes.link_check.look": SIGNED,
        "returns_report/making.py:Maker._begin": ROUND,
        "returns_report/making.py:Maker._open": HELD_LATER + ": the seller whose report it is",
        "returns_report/making.py:Maker._opened": KEYS,
        "returns_report/making.py:Maker._read_slice": HELD_LATER + ": the seller whose report it is",
        "seller_api.py:_reconsidered": WHO,
        "seller_door.py:looking_up.look_up": HELD_LATER,
        "signing_in.py:proven": SECRET,
        "statement_errands.py:taken_in": "support's: which statement of the bank a file is",
        "terms_doors.py:versions_of": TERMS,
        "word_retention.py:WordRetention.work": ROUND,
    },
    "partner": {
        "app.py:_is_known": WHO,
        "billing.py:Billing.run_due": ROUND,
        "carrier_rounds.py:CarrierRounds._send": ROUND,
        "decisions_api.py:breaker_view": "how many units are destroyed an hour: one number for the house",
        "doors.py:visitor": WHO,
        "draw_doors.py:found": PUBLIC,
        "draw_doors.py:newest": PUBLIC,
        "draw_queries.py:whole_log": PUBLIC,
        "incoming.py:_marked_photo": SIGNED,
        "incoming.py:checked": SIGNED,
        "instructing.py:_ceilings": SIGNED,
        "instructing.py:_pickup_points": SIGNED,
        "instructing.py:_pickups": SIGNED,
        "label_prints.py:_check": DOCK,
        "label_prints.py:_drawn": DOCK,
        "link_reminders.py:LinkReminders.tell_due": ROUND,
        "linking.py:check_links": ROUND,
        "office.py:Office.ask_marketplace": ASKS,
        "office.py:Office.draw_samples": ROUND,
        "office.py:Office.forget_passes": ROUND,
        "office.py:Office.look": "the look itself",
        "office.py:Office.publish_epochs": ROUND,
        "pages/draw.py:routes.epoch": PUBLIC,
        "pages/receiving.py:meant": DOCK,
        "pages/shelves.py:meant": DOCK,
        "pages/terms.py:_ours.renew": TERMS,
        "platforms.py:platform_of": ASKS,
        "polling.py:_ask_for_unknown": ROUND,
        "polling.py:_look_closer": ROUND,
        "polling.py:_poll": ROUND,
        "polling.py:_since": ROUND,
        "polling.py:poll_due": ROUND,
        "reconciling.py:_go_on": ROUND,
        "reconciling.py:_look_again": ROUND,
        "reconciling.py:_page_done": ROUND,
        "reconciling.py:ask": ASKS,
        "reconciling.py:compare": ROUND,
        "reconciling.py:reconcile": ROUND,
        "reconciling.py:start": ROUND,
        "signing_in.py:proven": SECRET,
        "speakers.py:_is_known": ANSWERED,
        "speakers.py:remembered": ANSWERED,
        "speakers.py:speaker": WHO,
        "station_api.py:_put_down": DOCK,
        "station_api.py:_scanned": DOCK,
        "sync_api.py:_of_sellers.platforms": "which platforms there are, by their names; told to whoever signs in",
        "terms_api.py:_doc": TERMS,
        "terms_api.py:_renew": TERMS,
    },
}

# Roles whose looks see the rows of every owner.
STAFF: Mapping[str, Mapping[str, str]] = {
    "marketplace": {
        "clerk": "hands in and gives out what anybody ordered; the doors show the clerk's point",
        "moderator": "judges requests and appeals of everybody",
        "support": "helps everybody",
        "partner": "the other house; it signs, and looks at nothing here for itself",
        "bank": "its files, taken in by support or a round",
        "calendar": "no person",
    },
    "partner": {
        "receiver": "receives and packs units of every seller",
        "inspector": "inspects units of every seller",
        "supervisor": "answers for the whole warehouse",
        "marketplace": "the other house; it signs, and looks at nothing here for itself",
        "carrier": "the carrier's files, taken in by a round",
        "calendar": "no person",
    },
}

# Tables without an owner's rows, and those that no owner may read at all (`secret_tables`).
NOBODYS: Mapping[str, Mapping[str, str]] = {
    "marketplace": {
        "terms": TERMS,
        "numbers": HOUSE,
        "turns": HOUSE,
        "points": "where to hand in: everybody is told",
        "exchange_rates": "what a currency was worth: everybody is told",
        "answer_templates": "support's wordings",
        "reconciliations": HOUSE,
        "blobs": FILES,
        "sessions": "secret",
        "second_factors": "secret",
        "recovery_codes": "secret",
        "sign_in_steps": "secret",
        "invitations": "secret",
        "partners": "secret",
        "person_keys": "secret",
        "erasures": "support's and the worker's: who is to be forgotten",
    },
    "partner": {
        "terms": TERMS,
        "numbers": HOUSE,
        "turns": HOUSE,
        "platforms": "names and addresses of servers",
        "marketplaces": "the same, without its secrets",
        "blobs": FILES,
        "breaker_turns": "numbers of the house",
        "destruction_hours": "numbers of the house",
        "closed_months": HOUSE,
        "reconciliations": HOUSE,
        "strata": PUBLIC,
        "draw_epochs": PUBLIC,
        "draw_counts": PUBLIC,
        "sessions": "secret",
        "second_factors": "secret",
        "recovery_codes": "secret",
        "sign_in_steps": "secret",
    },
}


def readers(source: Path) -> Iterator[str]:
    """Functions below a folder that open a look of their own: `with DATABASE.read()`, `with replica.look(…)`."""
    for path in sorted(source.rglob("*.py")):
        for names, call in _calls(ast.parse(path.read_text("utf-8")), ()):
            if _is_look(call):
                yield f"{path.relative_to(source)}:{'.'.join(names)}"


def borrowed(source: Path) -> Iterator[str]:
    """Looks for somebody whom the code makes up on the spot."""
    for path in sorted(source.rglob("*.py")):
        for names, call in _calls(ast.parse(path.read_text("utf-8")), ()):
            made_up = any(isinstance(one, ast.Call) and ast.unparse(one.func).endswith("By") for one in call.args)
            if isinstance(call.func, ast.Attribute) and call.func.attr == "look" and made_up:
                yield f"{path.relative_to(source)}:{'.'.join(names)}"


def _calls(node: ast.AST, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.Call]]:
    for child in ast.iter_child_nodes(node):
        inside = names
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = (*names, child.name)
        elif isinstance(child, ast.Call) and not isinstance(node, ast.Await):  # no look is awaited, an upload is
            yield names, child
        yield from _calls(child, inside)


def _is_look(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    whose = ast.unparse(call.func.value)
    if call.func.attr == "look":
        return whose == "replica"
    return call.func.attr == "read" and not call.args and not call.keywords and "file" not in whose
