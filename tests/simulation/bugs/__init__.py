"""All planted bugs, by their names."""

from tests.simulation.bugs import of_goods, of_messages, of_money, of_time
from tests.simulation.bugs.planting import REGISTER, Bug

__all__ = ["REGISTER", "Bug", "of_goods", "of_messages", "of_money", "of_time"]
