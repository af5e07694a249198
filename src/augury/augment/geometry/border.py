"""What lies beyond an image, for operations that read there."""

from augury.names import check_name

BORDERS = ("nearest", "black")


def check_border(border: str) -> None:
    """Raise InputError unless `border` is "nearest" (the nearest pixel repeated) or "black"."""
    check_name(border, BORDERS, "border")
