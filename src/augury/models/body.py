"""The head of a network, its last layers, apart from its body, all layers before."""

from torch import nn

from augury.errors import InputError

# What the last layers are called in networks without timm's `get_classifier`.
_NAMES = ("head", "classifier", "fc")


def head_of(model: nn.Module) -> list[nn.Module]:
    """The modules of the head; all other weights are the body's.

    In timm's networks it is what `get_classifier` gives; in others the module called `head`,
    `classifier` or `fc`. Raises InputError where there is none.
    """
    if callable(find := getattr(model, "get_classifier", None)):
        found = find()
    else:
        found = next((getattr(model, name) for name in _NAMES if hasattr(model, name)), None)
    parts = [*found] if isinstance(found, tuple | list) else [found]
    head = [each for each in parts if isinstance(each, nn.Module)]
    if not any(True for part in head for _ in part.parameters()):
        names = ", ".join(_NAMES[:-1])
        raise InputError(
            f"body and head are not known apart: no module {names} or {_NAMES[-1]} with weights, "
            "which freeze=body and body_lr need"
        )
    return head


def split_weights(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The parameters of the body and of the head, in the order of `model.parameters()`."""
    of_head = {id(each) for part in head_of(model) for each in part.parameters()}
    body = [each for each in model.parameters() if id(each) not in of_head]
    return body, [each for each in model.parameters() if id(each) in of_head]


def freeze_body(model: nn.Module) -> None:
    """From here on no gradient reaches the body's weights."""
    for each in split_weights(model)[0]:
        each.requires_grad_(False)
