"""Augmentations: per sample, batched, exactly repeatable, on any device."""

from augury.augment.base import Augmentation, Source
from augury.augment.chain import Chain
from augury.augment.color.autocontrast import Autocontrast
from augury.augment.color.blur import Blur
from augury.augment.color.brightness import Brightness
from augury.augment.color.contrast import Contrast
from augury.augment.color.equalise import Equalise
from augury.augment.color.grey import Grey
from augury.augment.color.hue import Hue
from augury.augment.color.invert import Invert
from augury.augment.color.posterise import Posterise
from augury.augment.color.saturation import Saturation
from augury.augment.color.sharpness import Sharpness
from augury.augment.color.solarise import Solarise
from augury.augment.erasing.cutout import Cutout
from augury.augment.erasing.random_erasing import RandomErasing
from augury.augment.geometry.crop import Crop
from augury.augment.geometry.flip import Flip
from augury.augment.geometry.normal import Normal
from augury.augment.geometry.rotate import Rotate
from augury.augment.geometry.shear import Shear
from augury.augment.geometry.translate import Translate
from augury.augment.geometry.zoom import Zoom
from augury.augment.loading.collate import Collate, WithIds
from augury.augment.loading.repeats import number_repeats
from augury.augment.mixing.cutmix import CutMix
from augury.augment.mixing.mixup import MixUp
from augury.augment.mixing.resizemix import ResizeMix
from augury.augment.none import Identity
from augury.augment.one_of import OneOf
from augury.augment.policies.augmix import AugMix
from augury.augment.policies.randaugment import RandAugment
from augury.augment.policies.trivialaugment import TrivialAugment
from augury.augment.registry import (
    AUGMENTATIONS,
    SALIENCY,
    Sources,
    build_augmentation,
    check_parameters,
    from_config,
    parts_of,
    read_augmentation,
    read_config,
    saliency_kinds,
    to_config,
    write_augmentation,
)
from augury.augment.saliency.attentive_cutmix import AttentiveCutMix
from augury.augment.saliency.guidedmixup import GuidedMixup
from augury.augment.saliency.keepaugment import KeepAugment
from augury.augment.saliency.puzzlemix import PuzzleMix
from augury.augment.saliency.salience import Salience
from augury.augment.saliency.salience_raw import SalienceRaw
from augury.augment.saliency.saliencymix import SaliencyMix

__all__ = [
    "AUGMENTATIONS",
    "SALIENCY",
    "AttentiveCutMix",
    "AugMix",
    "Augmentation",
    "Autocontrast",
    "Blur",
    "Brightness",
    "Chain",
    "Collate",
    "Contrast",
    "Crop",
    "CutMix",
    "Cutout",
    "Equalise",
    "Flip",
    "Grey",
    "GuidedMixup",
    "Hue",
    "Identity",
    "Invert",
    "KeepAugment",
    "MixUp",
    "Normal",
    "OneOf",
    "Posterise",
    "PuzzleMix",
    "RandAugment",
    "RandomErasing",
    "ResizeMix",
    "Rotate",
    "Salience",
    "SalienceRaw",
    "SaliencyMix",
    "Saturation",
    "Sharpness",
    "Shear",
    "Solarise",
    "Source",
    "Sources",
    "Translate",
    "TrivialAugment",
    "WithIds",
    "Zoom",
    "build_augmentation",
    "check_parameters",
    "from_config",
    "number_repeats",
    "parts_of",
    "read_augmentation",
    "read_config",
    "saliency_kinds",
    "to_config",
    "write_augmentation",
]
