"""The rows of a CSV file that somebody may have damaged."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

ROW_LINES_MOST = 50
ROW_CHARS_MOST = 100_000  # below the limit that the csv module has for one cell
Row = tuple[int, list[str], str]  # the line where it starts, its cells, and why it is none


class _Lines:
    """Lines for the csv module; those of the row at hand are kept, so that they can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._fresh = iter(lines)
        self._again = deque([next(self._fresh, "").removeprefix("\ufeff")])
        self.row = list[str]()
        self._chars = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._fresh)
        self.row.append(line)
        self._chars += len(line)
        if self._chars > ROW_CHARS_MOST or len(self.row) > ROW_LINES_MOST:
            raise StopIteration
        return line

    def start_row(self) -> int:
        """How many lines the row before had."""
        count, self.row, self._chars = len(self.row), [], 0
        return count

    def read_again(self) -> None:
        """All lines of the row but its first."""
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]


def rows_of(given: Iterable[str]) -> Iterator[Row]:
    """Rows, without the empty ones. A stray quote must not swallow the rows after it: their lines are read again."""
    lines = _Lines(given)
    reader = csv.reader(lines, strict=True)
    started = 1
    while True:
        started += lines.start_row()
        try:
            cells = [cell.strip(" ") for cell in next(reader)]
        except StopIteration:
            if not lines.row:
                return
            yield started, lines.row[:1], "row_too_long"
        except csv.Error as error:
            yield started, lines.row[:1], "quote_left_open" if str(error) == "unexpected end of data" else "not_csv"
            lines.read_again()
        else:
            if any(cell.strip("\r\n") for cell in cells):
                yield started, cells, ""
