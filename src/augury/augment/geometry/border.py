"""The two kinds of border, for operations that read beyond the image."""

from augury.names import check_name

BORDERS = ("nearest", "black")


def check_border(border: str) -> None:
    """Raise InputError unless `border` is "nearest" (the nearest pixel repeated) or "black"."""
    check_name(border, BORDERS, "border")
