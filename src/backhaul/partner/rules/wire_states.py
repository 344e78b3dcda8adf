"""What the states of the Seller API mean to us. The wire values are those of the public contract; they stand here and nowhere else."""

# Groups in which nothing comes any more.
CLOSED_GROUPS = frozenset({"rejected"})
# States at their end, in whatever group a server puts them.
CLOSED_STATES = frozenset({
    "MoneyReturned", "PartialCompensationReturned", "PartialCompensationReturnedByOzon", "ReceivedBySeller",
    "UtilizedByOzon", "UtilizedByProvider", "Utilized", "Rejected", "RejectedByOzon", "CrmRejected", "Cancelled",
    "CanceledByBuyer", "CancelledDisputeNotOpen", "CancelledDisputeNotOpenOnPostModeration", "Solved",
})  # fmt: skip
# Groups whose units may be on their way to a partner, or lie there.
MOVING_GROUPS = frozenset({"delivering", "checkout", "arbitration"})
ALL_GROUPS = "All"


def is_open(group: str, state: str) -> bool:
    """Whether something can still happen with a return. Groups come in any case of letters."""
    return group.lower() not in CLOSED_GROUPS and state not in CLOSED_STATES


def may_come(group: str) -> bool:
    """Whether the unit of a return may be on its way to us."""
    return group.lower() in MOVING_GROUPS
