"""The round of words and addresses whose time is over: masked for staff, then read by nobody; sent mails go, their files and their rows.

A customer is looked at when their key says so, and again a day later while anything is open: what stands in the way of erasing a person
stands in the way of this, too.
"""

from datetime import datetime, timedelta
from typing import Any

from backhaul.kit import mail
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.mail import Sender
from backhaul.marketplace import block_queries, person_queries, person_store
from backhaul.marketplace.rules.erasure import holds
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.word_keeping import Step, step_of

EVERY = timedelta(hours=1)


class WordRetention:
    """Of one house."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, sender: Sender) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self.sender = sender
        self._rest_until: datetime | None = None

    def work(self, policy: Policy) -> int:
        """One round of some customers and some mails, then rest for an hour: how much of them changed."""
        now = self.clock.now()
        if self._rest_until is not None and now < self._rest_until:
            return 0
        with self.database.read() as tx:
            refs = person_queries.to_look_at(tx, now)
            mails = person_queries.sent_long_ago(tx, now - timedelta(days=policy.mail_keep_days))
        mail.take_away(self.sender, mails)  # before the rows: what breaks off here is found again by them
        counted = [0, 0]

        def run(tx: Tx, at: datetime) -> bytes:
            counted[0] = sum(look_at(tx, ref, at, policy) for ref in refs)
            counted[1] = person_store.delete_sent(tx, mails)
            return b""

        self.desk.perform_now(Errand(run))
        more = len(refs) == person_queries.PERSONS_A_ROUND or len(mails) == person_queries.MAILS_A_ROUND
        self._rest_until = None if more else now + EVERY
        return sum(counted)


def look_at(tx: Tx, ref: str, at: datetime, policy: Policy) -> bool:
    """Mask or erase what a customer wrote, if its time is over; whether anything changed."""
    returns = list(person_queries.returns(tx, ref))
    in_the_way = holds(returns, block_queries.of_customer(tx, ref), at)
    over_at = None if in_the_way else max((person_queries.last_act(tx, it.id) for it in returns), default=at)
    step, look_again = step_of(over_at, at, policy)
    if step is Step.ERASED:
        person_store.replace_key(tx, ref)
        return True
    if not returns:
        look_again = None  # nothing was written yet
    known = person_queries.masked(tx, {person_queries.key_id(tx, ref)})
    person_store.look(tx, ref, look_again, masked=step is Step.MASKED)
    return (step is Step.MASKED) != bool(known)
