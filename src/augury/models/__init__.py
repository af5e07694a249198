"""Networks by name: normalized images (B, C, H, W) to logits (B, K).

A new named network is one row of `MODELS` in `named.py`; a stem or a head is one row of its table.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.models.build import build_model, imagenet_network, pretrained_statistics
    from augury.models.check import check_spec
    from augury.models.heads import HEADS
    from augury.models.named import MODELS, NamedModel
    from augury.models.own import code_of, own_model, own_names
    from augury.models.spec import ModelSpec, check_model_name
    from augury.models.stems import STEMS
else:
    __getattr__, __dir__ = lazily(__name__)

__all__ = [
    "HEADS",
    "MODELS",
    "STEMS",
    "ModelSpec",
    "NamedModel",
    "build_model",
    "check_model_name",
    "check_spec",
    "code_of",
    "imagenet_network",
    "own_model",
    "own_names",
    "pretrained_statistics",
]
