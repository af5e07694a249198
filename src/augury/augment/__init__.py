"""Augmentations: per sample, batched, exactly repeatable, on any device."""

from augury.augment.attentive_cutmix import AttentiveCutMix
from augury.augment.augmix import AugMix
from augury.augment.autocontrast import Autocontrast
from augury.augment.base import Augmentation, Source
from augury.augment.blur import Blur
from augury.augment.brightness import Brightness
from augury.augment.chain import Chain
from augury.augment.collate import Collate, WithIds
from augury.augment.contrast import Contrast
from augury.augment.crop import Crop
from augury.augment.cutmix import CutMix
from augury.augment.cutout import Cutout
from augury.augment.equalise import Equalise
from augury.augment.flip import Flip
from augury.augment.grey import Grey
from augury.augment.guidedmixup import GuidedMixup
from augury.augment.hue import Hue
from augury.augment.invert import Invert
from augury.augment.keepaugment import KeepAugment
from augury.augment.mixup import MixUp
from augury.augment.none import Identity
from augury.augment.normal import Normal
from augury.augment.one_of import OneOf
from augury.augment.posterise import Posterise
from augury.augment.puzzlemix import PuzzleMix
from augury.augment.randaugment import RandAugment
from augury.augment.random_erasing import RandomErasing
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
from augury.augment.repeats import number_repeats
from augury.augment.resizemix import ResizeMix
from augury.augment.rotate import Rotate
from augury.augment.salience import Salience
from augury.augment.salience_raw import SalienceRaw
from augury.augment.saliencymix import SaliencyMix
from augury.augment.saturation import Saturation
from augury.augment.sharpness import Sharpness
from augury.augment.shear import Shear
from augury.augment.solarise import Solarise
from augury.augment.translate import Translate
from augury.augment.trivialaugment import TrivialAugment
from augury.augment.zoom import Zoom

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
