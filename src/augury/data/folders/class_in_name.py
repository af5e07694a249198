"""Classes that stand in the names of files: "cat.0.jpg"."""

import re

from augury.data.folders.formats import is_image_name

CLASS = "{class}"
_MEANS = {CLASS: "(.+)", "*": ".*", "#": r"(?<!\d)\d+"}


def class_in_name(piece: str, name: str) -> str | None:
    """The class that a file's name holds, None if the name does not fit.

    piece: such as "{class}.*" or "{class}_#": `{class}` is as much of the name as possible, `*`
    anything or nothing, and `#` a whole number. It is matched by the name without its ending, or by
    the whole name if it has the ending of an image itself, "{class}_*.jpg".
    """
    pieces = re.split(r"(\{class\}|\*|#)", piece)
    wanted = "".join(_MEANS.get(each) or re.escape(each) for each in pieces)
    text = name if is_image_name(piece) else name.rpartition(".")[0]
    found = re.fullmatch(wanted, text, re.DOTALL)
    return found[1] if found else None
