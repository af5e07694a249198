"""JSON files with a checksum of their content, so that any change is detected.

A sealed file is an object whose field `sha256` is the SHA-256 of the object without it, as
`json.dumps(..., sort_keys=True)` writes it. Only the values count, not layout or order.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "sha256"


def sealed_json(values: Mapping[str, Any]) -> bytes:
    """`values` as JSON with their checksum; ValueError for a number that is not finite."""
    content = {name: value for name, value in values.items() if name != SEAL}
    # The values as they will be read: keys become strings, tuples become lists.
    content = json.loads(json.dumps(content, allow_nan=False))
    content[SEAL] = checksum(content)
    return (json.dumps(content, indent=1) + "\n").encode()


def read_sealed(content: bytes) -> dict[str, Any]:
    """The object in a file's `content`, including its checksum.

    A file without a checksum is accepted, because earlier versions wrote none. Raises ValueError if
    the content is not JSON, not an object, or does not match the checksum.
    """
    try:
        # JSON has no NaN or infinity, but earlier versions wrote them.
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
    """SHA-256, in hex, of JSON values without their checksum."""
    content = {name: value for name, value in values.items() if name != SEAL}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
