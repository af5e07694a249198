"""JSON files that carry a checksum of their content, so that a changed digit is found.

A sealed file is an object whose field `sha256` is the SHA-256 of the object without it, as
`json.dumps(..., sort_keys=True)` writes it: layout and order do not matter, values do.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "sha256"


def sealed_json(values: Mapping[str, Any]) -> bytes:
    """`values` as JSON with their checksum; ValueError for a number that is not finite."""
    content = {name: value for name, value in values.items() if name != SEAL}
    # As it will be read: keys become texts, and tuples lists.
    content = json.loads(json.dumps(content, allow_nan=False))
    content[SEAL] = checksum(content)
    return (json.dumps(content, indent=1) + "\n").encode()


def read_sealed(content: bytes) -> dict[str, Any]:
    """The object in a file's `content`, its checksum with it.

    One without is taken as it is: earlier versions wrote none. Raises ValueError where the content
    is not JSON, not an object, or not what was written.
    """
    try:
        # JSON has no NaN and no infinity, but Python once wrote them.
        values = json.loads(content, parse_constant=lambda name: None)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    if SEAL in values and values[SEAL] != checksum(values):
        raise ValueError("its content does not match its checksum")
    return values


def checksum(values: Mapping[str, Any]) -> str:
    """SHA-256 in hex over JSON values, a checksum among them aside."""
    content = {name: value for name, value in values.items() if name != SEAL}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
