"""The center of a picture."""


def center_of(whole: int, side: int) -> slice:
    """The middle `side` of `whole` pixels; torchvision's `CenterCrop` takes the same."""
    start = round((whole - side) / 2)
    return slice(start, start + side)
