"""How far a return has come, as its customer sees it (issue 7)."""

import pytest

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.progress import progress
from tests.rules.cast import ELIF, IRINA, OLEG, Story, check_in, moscow

EXPLAINED = "The soles are worn through and the laces are gone."
Acts = list[tuple[By, do.Command]]
ASKED: Acts = [(IRINA, do.Submit())]
OFFERED: Acts = [*ASKED, (ELIF, do.Offer(500))]
REJECTED: Acts = [*ASKED, (ELIF, do.Reject("looks_used", EXPLAINED))]
APPROVED: Acts = [*ASKED, (ELIF, do.Approve())]
WITHDRAWN: Acts = [(IRINA, do.Cancel())]


@pytest.mark.parametrize(
    ("acts", "way"),
    [
        ([], "requested now, approved ahead, handed_in ahead, refunded ahead"),
        (ASKED, "requested done, approved now, handed_in ahead, refunded ahead"),
        (OFFERED, "requested done, approved now, handed_in ahead, refunded ahead"),
        (REJECTED, "requested done, approved stopped"),
        (
            [*REJECTED, (IRINA, do.OpenDispute(EXPLAINED))],
            "requested done, approved now, handed_in ahead, refunded ahead",
        ),
        (APPROVED, "requested done, approved done, handed_in now, refunded ahead"),
        ([*APPROVED, (OLEG, check_in(same_product=False))], "requested done, approved done, handed_in stopped"),
        ([*APPROVED, (OLEG, check_in())], "requested done, approved done, handed_in done, refunded now"),
        ([*ASKED, (ELIF, do.RefundWithoutReturn())], "requested done, approved done, refunded now"),
        ([*OFFERED, (IRINA, do.AcceptOffer())], "requested done, approved done, refunded now"),
        (WITHDRAWN, "requested stopped"),
        ([*ASKED, *WITHDRAWN], "requested done, approved stopped"),
        ([*APPROVED, *WITHDRAWN], "requested done, approved done, handed_in stopped"),
    ],
)
def test_each_state_stands_at_its_step(acts: Acts, way: str) -> None:
    it = Story()
    for by, command in acts:
        it.does(by, command)

    assert way == ", ".join(f"{one.step} {one.state}" for one in progress(it.it))


def test_a_step_that_is_done_tells_when() -> None:
    it = Story().submitted("2024-09-02 10:05").approved("2024-09-03 11:00").accepted("2024-09-06 15:00").refunded()
    approved_at = moscow("2024-09-03 11:00")

    assert [moscow("2024-09-02 10:05"), approved_at, moscow("2024-09-06 15:00"), it.it.refund.sent_at] == [
        one.at for one in progress(it.it, approved_at)
    ]
    assert it.it.refund.sent_at is not None
    assert None is progress(it.it)[1].at
