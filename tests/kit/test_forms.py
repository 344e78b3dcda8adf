"""What does not fit a form: the field, a stable code for the problem, and its sentence in words."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from backhaul.kit import forms, http, i18n
from backhaul.kit.machine import Refused


class Colour(StrEnum):
    """Two of them."""

    RED = "red"
    BLUE = "blue"


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of every kind."""

    name: Annotated[str, Meta(min_length=2, max_length=3)]
    grams: Annotated[int, Meta(ge=1, le=5)] = 1
    photos: Annotated[tuple[str, ...], Meta(max_length=1)] = ()
    colour: Colour = Colour.RED


@pytest.mark.parametrize(
    ("said", "field", "facts", "sentence"),
    [
        ({}, "name", {"problem": "missing"}, "Fill in this field: Name."),
        ({"name": "a"}, "name", {"problem": "too_short", "characters_min": 2}, "Name: at least 2 characters."),
        ({"name": "abcd"}, "name", {"problem": "too_long", "characters_max": 3}, "Name: at most 3 characters."),
        ({"name": 7}, "name", {"problem": "wrong_type"}, "Name: this is something else than is asked for."),
        ({"name": "ab", "grams": 0}, "grams", {"problem": "too_small", "low": 1}, "grams: 1 or more."),
        ({"name": "ab", "grams": 6}, "grams", {"problem": "too_large", "high": 5}, "grams: 5 or less."),
        ({"name": "ab", "grams": "x"}, "grams", {"problem": "not_a_number"}, "grams: a whole number is needed."),
        ({"name": "ab", "photos": ["1", "2"]}, "photos", {"problem": "too_many", "count_max": 1},
         "photos: at most 1 is allowed."),
        ({"name": "ab", "colour": "green"}, "colour", {"problem": "not_a_choice"}, "colour: choose one of the choices."),
        ({"name": "ab", "size": 1}, "size", {"problem": "unknown_field"}, "There is no field size here."),
        ([], None, {"problem": "wrong_type"}, "This is not built as it is asked for."),
    ],
)  # fmt: skip
def test_every_way_not_to_fit_has_its_code_and_its_sentence(
    said: Any, field: str | None, facts: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Refused) as told:
        forms.convert(Wish, said)
    refused = told.value

    assert ("field_invalid", field) == (refused.code, refused.field)
    assert facts == {name: value for name, value in refused.facts.items() if name != "reason"}
    assert sentence == http.explain(refused, "en", {}, {"name": "Name"})


@pytest.mark.parametrize(("count", "told"), [(1, "1 photo is needed."), (2, "2 photos are needed.")])
def test_a_sentence_is_told_in_the_number_of_its_fact(count: int, told: str) -> None:
    message = "{photos_min} photo is needed.", "{photos_min} photos are needed.", "photos_min"

    assert told == i18n.sentence("en", message, {"photos_min": count})


@pytest.mark.parametrize(("language", "written"), [("en", "30%"), ("ru", "30\N{NO-BREAK SPACE}%"), ("tr", "%30")])
def test_a_percentage_is_written_as_the_language_does(language: str, written: str) -> None:
    assert written == i18n.percent(30, language)
