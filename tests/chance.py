"""Where the chance of a random test begins: drawn anew for each run, printed, and what `BACKHAUL_SEED` says when it says something."""

import os
import random


def seed(of: str) -> int:
    """The seed of a test, told so that the same run can be had again."""
    drawn = int(os.environ.get("BACKHAUL_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
    print(f"{of}: BACKHAUL_SEED={drawn} does the same again")
    return drawn
