"""What the rows of one file said about their postings, a million of them in some 150 MB: one number for each posting.

A posting's number holds half a hash of its seller, half a hash of its customer, and its first line. Two different sellers
whose halves are the same pass here, once in four thousand million; the import itself compares whole ones and refuses them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

LINE_NUMBER_MOST = 999
OWNER_FAULTS = {"seller_id": "posting_has_two_sellers", "customer_ref": "posting_has_two_customers"}

_LINE_BITS, _OWNER_BITS = 10, 32
_LINE, _OWNER = (1 << _LINE_BITS) - 1, (1 << _OWNER_BITS) - 1
_PLACES = {column: _LINE_BITS + n * _OWNER_BITS for n, column in enumerate(OWNER_FAULTS)}


class Postings:
    """The postings so far. What no sound cell said yet is 0."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._further_lines: set[int] = set()

    def contradictions(self, posting: int, it: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What a row's sound cells say against an earlier row of its posting."""
        known = self._known.get(posting, 0)
        line = it.get("line_number")
        if line is not None:
            key = posting * (LINE_NUMBER_MOST + 1) + line
            if known & _LINE == line or key in self._further_lines:
                yield "line_number", "line_repeated"
            elif not known & _LINE:
                known |= line
            else:
                self._further_lines.add(key)
        for column, place in _PLACES.items():
            if column in it:
                owner = hash(it[column]) & _OWNER or 1
                said = known >> place & _OWNER
                if not said:
                    known |= owner << place
                elif said != owner:
                    yield column, OWNER_FAULTS[column]
        self._known[posting] = known
