"""What the tables hold of people: every column says it, and nobody may forget one."""

import sqlalchemy as sa

from backhaul.kit.personal_data import NOTHING, Kind, Tag, faults, tags_of
from backhaul.marketplace import personal_data as marketplace_data
from backhaul.marketplace import tables as marketplace_tables
from backhaul.partner import personal_data as partner_data
from backhaul.partner import tables as partner_tables


def test_every_column_of_both_houses_says_what_it_holds_of_people() -> None:
    assert [] == faults(marketplace_tables.metadata, marketplace_data.REGISTER)
    assert [] == faults(partner_tables.metadata, partner_data.REGISTER)


def test_a_column_that_nobody_tagged_and_a_tag_that_has_no_column_are_found() -> None:
    metadata = sa.MetaData()
    sa.Table("people", metadata, sa.Column("id", sa.Integer), sa.Column("name", sa.Text), sa.Column("born_on", sa.Text))
    name = Tag(Kind.NAME, "customer")

    expected = ["people.born_on has no tag", "people.shoe_size is tagged and not there", "people.name has two tags"]
    assert expected == faults(metadata, {"people": {NOTHING: "id name", name: "name shoe_size"}})


def test_what_is_anybodys_says_whose_it_is_and_how_long_it_is_kept() -> None:
    registers = marketplace_data.REGISTER, partner_data.REGISTER
    silent = [
        f"{table}.{column}"
        for register in registers
        for table, column, tag in tags_of(register)
        if tag.is_personal and not (tag.whose and tag.kept)
    ]
    assert [] == silent


def test_columns_whose_names_tell_of_people_are_tagged_as_theirs() -> None:
    """Names by which anybody would look for personal data: none of them may stand under "nothing"."""
    telling = (
        "email",
        "login",
        "password",
        "phone",
        "customer_ref",
        "address",
        "driver",
        "contact",
        "actor",
        "uploader",
    )
    elsewhere = {("points", "address")}  # where a pick-up point stands
    for register in (marketplace_data.REGISTER, partner_data.REGISTER):
        for table, column, tag in tags_of(register):
            if (
                any(word in column for word in telling)
                and (table, column) not in elsewhere
                and "email_confirmed" != column
            ):
                assert tag.is_personal, f"{table}.{column}"
