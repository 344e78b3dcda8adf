"""What people call a reason: the names of the catalogue in force, and the texts where it has none of its own."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from backhaul.kit import i18n
from backhaul.marketplace import texts
from backhaul.marketplace.rules.catalogues import Catalogue, Reason
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.words import LANGUAGES, RejectionReason

TEXTS = {**texts.REASON_LABELS, **texts.REJECTION_LABELS}


def name_of(entry: Reason, language: str) -> str:
    """A reason in one language."""
    own = entry.names.get(language, "")
    return own or i18n.gettext(language, TEXTS.get(entry.code, entry.code))


def name_in(catalogue: Catalogue, code: str, language: str) -> str:
    """A code by its entry, for each of the two catalogues has codes of its own; one that it does not know stays as it is."""
    entry = catalogue.of(code)
    return code if entry is None else name_of(entry, language)


def hint_of(entry: Reason, language: str) -> str:
    """What helps to choose it; of a rejection without words of its own, what all of them are told."""
    own = entry.hints.get(language, "")
    if own or not isinstance(entry, RejectionReason):
        return own
    return i18n.gettext(language, texts.REJECTION_HINT)


def labels(catalogue: Catalogue, language: str) -> dict[str, str]:
    """Every code with its name, the retired ones too."""
    return {entry.code: name_of(entry, language) for entry in catalogue.entries}


def words_of(terms: Terms, language: str) -> Mapping[str, str]:
    """Both catalogues."""
    return {**labels(terms.reasons, language), **labels(terms.rejections, language)}


def named(catalogue: Catalogue) -> Catalogue:
    """The catalogue with a name in every language, as a version that is published has it."""
    entries: tuple[Any, ...] = tuple(
        replace(entry, names={language: name_of(entry, language) for language in LANGUAGES})
        for entry in catalogue.entries
    )
    renamed: Catalogue = replace(catalogue, entries=entries)
    return renamed
