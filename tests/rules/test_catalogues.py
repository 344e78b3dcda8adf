"""Catalogues of reasons as versions: what one may say, and what the law makes of a new reason (6.1, D24)."""

from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.kit.machine import Refused
from backhaul.marketplace import catalogue_files, version_texts
from backhaul.marketplace.reason_names import named
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.catalogues import (
    SEED_REASONS,
    SEED_REJECTIONS,
    Catalogue,
    Difference,
    RejectionReasons,
    ReturnReasons,
    differences,
    faults,
    numbered,
)
from backhaul.marketplace.rules.decisions import open_return, photos_needed
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import Force, Statement, Topic
from backhaul.marketplace.rules.rule_cards import faults as card_faults
from backhaul.marketplace.rules.words import ReasonGroup, RejectionReason, ReturnReason
from tests.rules.cast import ELIF, IRINA, Story

WORDS = {"en": "Smells", "ru": "Пахнет", "zh": "有异味", "tr": "Kokuyor"}
SMELLS = ReturnReason("smells", 0, ReasonGroup.DEFECT, is_defect=True, names=WORDS, comment_required=True, photos_min=3)
PAPERS = RejectionReason("papers_missing", 0, WORDS, characters_min=50)


def reasons(*more: ReturnReason, **changed: dict[str, Any]) -> ReturnReasons:
    """The first version with names, some entries changed by code, and more entries."""
    first = named(SEED_REASONS)
    assert isinstance(first, ReturnReasons)
    entries = tuple(replace(entry, **changed.get(entry.code, {})) for entry in first.entries)
    made = numbered(ReturnReasons("2", (*entries, *more)))
    assert isinstance(made, ReturnReasons)
    return made


def rejections(*more: RejectionReason) -> RejectionReasons:
    first = named(SEED_REJECTIONS)
    made = numbered(RejectionReasons("2", (*first.entries, *more)))
    assert isinstance(made, RejectionReasons)
    return made


def told(catalogue: Catalogue, *published: Catalogue) -> list[str]:
    first: Catalogue = SEED_REASONS if isinstance(catalogue, ReturnReasons) else SEED_REJECTIONS
    return [version_texts.sentence(fault, "en") for fault in faults(catalogue, [first, *published], 10)]


# -- What may be published --------------------------------------------------------------------------------------------


def test_the_first_version_and_one_with_another_reason_are_sound() -> None:
    assert [] == told(reasons())
    assert [] == told(reasons(SMELLS))
    assert [] == told(rejections(PAPERS))


def test_a_new_reason_gets_the_next_number_of_its_group() -> None:
    assert 206 == reasons(SMELLS).entries[-1].number
    assert 104 == reasons(replace(SMELLS, group=ReasonGroup.FIT)).entries[-1].number
    assert 19 == rejections(PAPERS).entries[-1].number


DEFECTS = ("does_not_work", "external_defects", "used_before_me", "broke_in_use", "counterfeit")
RETIRED = {"active": False}
MISFITS = [
    (reasons(replace(SMELLS, code="Smells")),
     "Smells: a code is 3 to 40 small Latin letters, digits and _, and begins with a letter."),
    (reasons(replace(SMELLS, code="ab")),
     "ab: a code is 3 to 40 small Latin letters, digits and _, and begins with a letter."),
    (reasons(SMELLS, SMELLS), "smells: this code stands twice."),
    (reasons(replace(SMELLS, number=101)), "The number 101 stands twice."),
    (reasons(replace(SMELLS, names={**WORDS, "zh": " "})), "smells: the name in 中文 is missing."),
    (reasons(replace(SMELLS, names={**WORDS, "tr": "x" * 121})),
     "smells: the name in Türkçe is longer than 120 characters."),
    (reasons(replace(SMELLS, names={**WORDS, "de": "Riecht"})), "smells: names and hints are in en, ru, zh and tr."),
    (reasons(replace(SMELLS, photos_min=11)), "smells: from 0 to 10 photos."),
    (reasons(replace(SMELLS, photos_min=-1)), "smells: from 0 to 10 photos."),
    (reasons(counterfeit={"group": ReasonGroup.FIT}),
     "counterfeit: number, group and defect of a published code stay as they are; make another code."),
    (reasons(counterfeit={"is_defect": False}),
     "counterfeit: number, group and defect of a published code stay as they are; make another code."),
    (reasons(counterfeit={"number": 299}),
     "counterfeit: number, group and defect of a published code stay as they are; make another code."),
    (replace(reasons(), entries=reasons().entries[:-1]),
     "product_damaged_packaging_intact: a published code stays; retire it instead."),
    (reasons(**dict.fromkeys(DEFECTS, RETIRED)), "The group “Defect” has no active reason."),
    (rejections(replace(PAPERS, characters_min=1001)), "papers_missing: from 0 to 1000 characters."),
    (replace(rejections(), entries=tuple(replace(one, active=False) for one in rejections().entries)),
     "No reason is active."),
]  # fmt: skip


@pytest.mark.parametrize(("catalogue", "sentence"), MISFITS, ids=range(len(MISFITS)))
def test_what_does_not_fit_is_told_in_words(catalogue: Catalogue, sentence: str) -> None:
    assert [sentence] == told(catalogue)


def test_the_other_sides_of_these_bounds_are_sound() -> None:
    assert [] == told(reasons(replace(SMELLS, code="abc", photos_min=10, names={**WORDS, "tr": "x" * 120})))
    assert [] == told(reasons(replace(SMELLS, code="a" * 40, photos_min=0)))
    assert [] == told(reasons(**dict.fromkeys(DEFECTS[1:], RETIRED)))
    assert [] == told(rejections(replace(PAPERS, characters_min=1000)))


def test_more_entries_than_a_catalogue_may_have_are_refused_before_anybody_counts_through_them() -> None:
    rows = [{"code": f"code_{n}", "group": "fit_or_dislike", "names": WORDS} for n in range(101)]

    assert 100 == len(catalogue_files.built("return_reasons", rows[:100]).entries)
    for many in (rows, rows * 1000):
        with pytest.raises(Refused) as refused:
            catalogue_files.built("return_reasons", many)
        faults_told: Any = refused.value.facts["faults"]
        assert ["There are more than 100 reasons."] == [version_texts.sentence(one, "en") for one in faults_told]


def test_a_hint_is_in_every_language_or_in_none() -> None:
    assert [
        "smells: the hint in Русский is missing; fill in all languages or none.",
        "smells: the hint in 中文 is missing; fill in all languages or none.",
        "smells: the hint in Türkçe is missing; fill in all languages or none.",
    ] == told(reasons(replace(SMELLS, hints={"en": "Say of what."})))
    assert [] == told(reasons(replace(SMELLS, hints=WORDS)))


def test_a_code_of_any_published_version_stays() -> None:
    assert ["smells: a published code stays; retire it instead."] == told(reasons(), reasons(SMELLS))
    assert [] == told(reasons(replace(SMELLS, active=False)), reasons(SMELLS))


def test_the_difference_is_told_field_by_field() -> None:
    before = reasons()
    first = before.entries[0]
    after = reasons(SMELLS, did_not_fit={"names": {**first.names, "en": "Wrong size"}, "photos_min": 2})

    assert [
        Difference("did_not_fit", "names.en", "Did not fit", "Wrong size"),
        Difference("did_not_fit", "photos_min", 0, 2),
        Difference("smells", "added", None, after.entries[-1]),
    ] == differences(before, after)
    swapped = replace(before, entries=(before.entries[1], before.entries[0], *before.entries[2:]))
    assert [("did_not_like", "place", 2, 1), ("did_not_fit", "place", 1, 2)] == [
        (one.code, one.field, one.before, one.after) for one in differences(before, swapped)
    ]


def test_a_file_reads_back_as_the_same_catalogue_and_a_misspelt_field_is_told() -> None:
    catalogue = reasons(SMELLS)
    rows = catalogue_files.rows_in(catalogue_files.as_json(catalogue))

    assert catalogue == replace(catalogue_files.built("return_reasons", rows), version="2")
    with pytest.raises(Refused) as refusal:
        catalogue_files.built("return_reasons", [{**rows[0], "photo_min": 2}])
    assert "catalogue_invalid" == refusal.value.code


# -- What the law makes of it -----------------------------------------------------------------------------------------

TERMS = Terms(reasons=reasons(SMELLS, did_not_fit=RETIRED), rejections=rejections(PAPERS))


def test_a_new_reason_opens_a_return_with_its_group_and_a_retired_one_opens_none() -> None:
    requested = replace(Story().requested, reason="smells", comment="Of smoke.")
    opened = open_return(requested, IRINA, TERMS)

    assert (ReasonGroup.DEFECT, True) == (opened.reason_group, opened.is_defect)
    for reason, code in (("did_not_fit", "unknown_reason"), ("nonsense", "unknown_reason")):
        with pytest.raises(Refused) as refusal:
            open_return(replace(requested, reason=reason), IRINA, TERMS)
        assert code == refusal.value.code
        assert "smells" in refusal.value.facts["known"]  # type: ignore[operator]


def test_a_comment_that_a_reason_requires_is_asked_for() -> None:
    requested = replace(Story().requested, reason="smells", comment="   ")
    with pytest.raises(Refused) as refusal:
        open_return(requested, IRINA, TERMS)

    assert ("comment_needed", "comment") == (refusal.value.code, refusal.value.field)


def test_the_larger_number_of_photos_is_needed() -> None:
    assert (3, 1) == (photos_needed("smells", TERMS), photos_needed("did_not_like", TERMS))


def test_no_reason_needs_more_photos_than_the_policy_allows_since() -> None:
    """The policy may take photos away from a reason that was published before."""
    fewer, as_many = (replace(TERMS, policy=replace(TERMS.policy, photos_max=most)) for most in (2, 3))

    assert (2, 3) == (photos_needed("smells", fewer), photos_needed("smells", as_many))


def test_a_rejection_may_ask_for_a_longer_comment_than_thirty_characters() -> None:
    story = Story().submitted()
    story.terms = TERMS

    assert "explanation_required" == story.refuses(ELIF, do.Reject("papers_missing", "x" * 49))[0]
    story.does(ELIF, do.Reject("papers_missing", "x" * 50))
    assert "papers_missing" == story.it.rejection_reason


def test_a_rule_card_may_bar_a_rejection_that_a_catalogue_brought() -> None:
    barring = Statement("papers", Topic.REJECTION, Force.BLOCK, "law_cpa", bars=("papers_missing",))
    book = replace(SEED_BOOK, version="2", statements=(*SEED_BOOK.statements, barring))

    assert ["papers bars the unknown rejection papers_missing"] == card_faults(book)
    assert [] == card_faults(book, [entry.code for entry in TERMS.rejections.entries])
