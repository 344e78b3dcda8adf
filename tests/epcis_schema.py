"""The rules of the published JSON schema of EPCIS 2.0 and CBV 2.0 (GS1), as far as object events need them; written by hand."""

import re
from typing import Any

# CBV 2.0, sections 7.1.3, 7.2.3 and 7.3.3: the words that JSON documents use bare.
BIZ_STEPS = {
    "accepting", "arriving", "assembling", "collecting", "commissioning", "consigning", "creating_class_instance",
    "cycle_counting", "decommissioning", "departing", "destroying", "disassembling", "dispensing", "encoding",
    "entering_exiting", "holding", "inspecting", "installing", "killing", "loading", "other", "packing", "picking",
    "receiving", "removing", "repackaging", "repairing", "replacing", "reserving", "retail_selling", "sampling",
    "sensor_reporting", "shipping", "staging_outbound", "stock_taking", "stocking", "storing", "transporting",
    "unloading", "unpacking", "void_shipping",
}  # fmt: skip
DISPOSITIONS = {
    "active", "available", "completeness_inferred", "completeness_verified", "conformant", "container_closed",
    "container_open", "damaged", "destroyed", "dispensed", "disposed", "encoded", "expired", "in_progress",
    "in_transit", "inactive", "mismatch_class", "mismatch_instance", "mismatch_quantity", "needs_replacement",
    "no_pedigree_match", "non_conformant", "non_sellable_other", "partially_dispensed", "recalled", "reserved",
    "retail_sold", "returned", "sellable_accessible", "sellable_not_accessible", "stolen", "unavailable", "unknown",
}  # fmt: skip
PAPERS = {
    "bol", "cert", "desadv", "inv", "pedigree", "po", "poc", "prodorder", "recadv", "rma", "testprd", "testres",
    "upevt",
}  # fmt: skip
# CBV 2.0, section 7.5: reasons of an error declaration.
ERROR_REASONS = {"did_not_occur", "incorrect_data"}
URI = re.compile(r"[a-z][a-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-F]{2})+")
OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)")  # EPCIS 2.0, section 7.4.1: a pattern of the schema
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
REQUIRED = {"type", "eventTime", "eventTimeZoneOffset", "action"}  # EPCIS 2.0, section 7.4.2 and the schema
ALLOWED = REQUIRED | {
    "eventID", "recordTime", "epcList", "bizStep", "disposition", "readPoint", "bizLocation", "bizTransactionList",
    "errorDeclaration",
}  # fmt: skip


def complaints(told: Any) -> list[str]:
    """What the published rules have against a document; nothing when it is one."""
    wrong: list[str] = []

    def holds(name: str, *, so: bool) -> None:
        wrong.extend([] if so else [name])

    holds("document", so=told.keys() == {"@context", "type", "schemaVersion", "creationDate", "epcisBody"})
    holds("type", so=told["type"] == "EPCISDocument" and told["schemaVersion"] == "2.0")
    holds("context", so=told["@context"] == ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"])
    holds("creationDate", so=INSTANT.fullmatch(told["creationDate"]) is not None)
    holds("body", so=told["epcisBody"].keys() == {"eventList"})
    plain = [one["eventID"] for one in told["epcisBody"]["eventList"] if "errorDeclaration" not in one]
    holds("eventID twice", so=len(plain) == len(set(plain)))
    for one in told["epcisBody"]["eventList"]:
        holds("fields", so=one.keys() >= REQUIRED and one.keys() <= ALLOWED and one["type"] == "ObjectEvent")
        holds("instants", so=all(INSTANT.fullmatch(one[name]) for name in ("eventTime", "recordTime")))
        holds("offset", so=OFFSET.fullmatch(one["eventTimeZoneOffset"]) is not None)
        holds("offset of the time", so=one["eventTime"].endswith(one["eventTimeZoneOffset"]))
        holds("action", so=one["action"] in {"ADD", "OBSERVE", "DELETE"})
        holds("epcList", so=len(one["epcList"]) == 1)
        holds("bizStep", so=one["bizStep"] in BIZ_STEPS)
        holds("disposition", so=one.get("disposition", "unknown") in DISPOSITIONS)
        places = [one[name] for name in ("readPoint", "bizLocation") if name in one]
        holds("places", so=all(isinstance(place, dict) and place.keys() == {"id"} for place in places))
        papers = one["bizTransactionList"]
        holds("papers", so=all(paper.get("type", "rma") in PAPERS for paper in papers))
        declared = one.get("errorDeclaration")
        if declared is not None:
            holds("declared", so=declared.keys() == {"declarationTime", "reason", "correctiveEventIDs"})
            holds("reason", so=declared["reason"] in ERROR_REASONS)
        uris = [one["eventID"], *one["epcList"], *(place["id"] for place in places if isinstance(place, dict))]
        uris += [paper["bizTransaction"] for paper in papers]
        holds(f"uri {uris}", so=all(URI.fullmatch(uri) for uri in uris))
    return wrong
