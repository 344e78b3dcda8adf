"""What a column holds of people: which kind of data, whose, how long it is kept, who may see it. A house tags every column of its tables.

A column without a tag fails a test, and `docs/privacy.md` is written from the tags: what is not said there is not stored.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec
import sqlalchemy as sa


class Kind(StrEnum):
    """What of a person a column can hold."""

    NOTHING = "nothing"
    PSEUDONYM = "pseudonym"
    NAME = "name"
    ADDRESS = "address"
    WORDS = "words"
    PICTURE = "picture"
    PROOF = "proof"
    ACT = "act"


# For readers of the page, in the order of the kinds.
MEANINGS: Mapping[Kind, str] = {
    Kind.NOTHING: "says nothing of a person",
    Kind.PSEUDONYM: "a number or code that stands for a person, and leads to one only through a row that erasing removes",
    Kind.NAME: "what a person is called, here or in their papers",
    Kind.ADDRESS: "where a person is reached: e-mail, telephone, street",
    Kind.WORDS: "free text that somebody wrote, where anything may stand",
    Kind.PICTURE: "a photo or video, by its hash, or what tells of one",
    Kind.PROOF: "proof of who somebody is, as a hash or sealed; never shown",
    Kind.ACT: "who did something",
}


class Tag(msgspec.Struct, frozen=True):
    """What a column holds. `kept` may name fields of the policy in braces."""

    kind: Kind
    whose: str = ""
    kept: str = ""
    seen_by: tuple[str, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether it says anything of a person."""
        return self.kind is not Kind.NOTHING


NOTHING = Tag(Kind.NOTHING)
# A table's columns by their tags, as names with blanks between them.
Columns = Mapping[Tag, str]
Register = Mapping[str, Columns]


def tags_of(register: Register) -> Iterator[tuple[str, str, Tag]]:
    """Table, column and tag, one by one."""
    for table, columns in register.items():
        for tag, names in columns.items():
            for name in names.split():
                yield table, name, tag


def faults(metadata: sa.MetaData, register: Register) -> list[str]:
    """Columns without a tag, with two, and tags without a column."""
    there = {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
    tagged = [(table, column) for table, column, _ in tags_of(register)]
    known = set(tagged)
    return [
        *(f"{table}.{column} has no tag" for table, column in sorted(there - known)),
        *(f"{table}.{column} is tagged and not there" for table, column in sorted(known - there)),
        *(f"{table}.{column} has two tags" for table, column in sorted(known) if tagged.count((table, column)) > 1),
    ]
