"""A body that fits for each operation of API v1 that takes one: shown in openapi.json, given by tests/fuzzing/test_examples.py."""

from typing import Any

EXAMPLES: dict[str, Any] = {}
