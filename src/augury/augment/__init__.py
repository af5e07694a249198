"""Augmentations: per sample, batched, exactly repeatable, on any device.

One file per method, in a folder per kind of method; `names.py` maps names to classes, and `base.py`
says what an augmentation is.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.augment.base import Augmentation, Source
    from augury.augment.captured import Captured
    from augury.augment.chain import Chain
    from augury.augment.color.autocontrast import Autocontrast
    from augury.augment.color.blur import Blur
    from augury.augment.color.brightness import Brightness
    from augury.augment.color.channel_shuffle import ChannelShuffle
    from augury.augment.color.color_jitter import ColorJitter
    from augury.augment.color.contrast import Contrast
    from augury.augment.color.downscale import Downscale
    from augury.augment.color.equalize import Equalize
    from augury.augment.color.gaussian_noise import GaussianNoise
    from augury.augment.color.grayscale import Grayscale
    from augury.augment.color.hue import Hue
    from augury.augment.color.invert import Invert
    from augury.augment.color.jpeg import Jpeg
    from augury.augment.color.posterize import Posterize
    from augury.augment.color.random_grayscale import RandomGrayscale
    from augury.augment.color.saturation import Saturation
    from augury.augment.color.sharpness import Sharpness
    from augury.augment.color.solarize import Solarize
    from augury.augment.erasing.coarse_dropout import CoarseDropout
    from augury.augment.erasing.cutout import Cutout
    from augury.augment.erasing.gridmask import GridMask
    from augury.augment.erasing.random_erasing import RandomErasing
    from augury.augment.geometry.center_crop import CenterCrop
    from augury.augment.geometry.crop import Crop
    from augury.augment.geometry.elastic import Elastic
    from augury.augment.geometry.flip import Flip
    from augury.augment.geometry.normal import Normal
    from augury.augment.geometry.perspective import Perspective
    from augury.augment.geometry.quarter_turns import QuarterTurns
    from augury.augment.geometry.random_resized_crop import RandomResizedCrop
    from augury.augment.geometry.resize_crop import ResizeCrop
    from augury.augment.geometry.rotate import Rotate
    from augury.augment.geometry.shear import Shear
    from augury.augment.geometry.translate import Translate
    from augury.augment.geometry.vertical_flip import VerticalFlip
    from augury.augment.geometry.zoom import Zoom
    from augury.augment.loading.collate import Collate, WithIds
    from augury.augment.loading.repeats import number_repeats
    from augury.augment.mixing.cutmix import CutMix
    from augury.augment.mixing.fmix import FMix
    from augury.augment.mixing.mixup import MixUp
    from augury.augment.mixing.resizemix import ResizeMix
    from augury.augment.names import AUGMENTATIONS, EARLIER_NAMES, SALIENCY, parts_of, same_arm
    from augury.augment.none import Identity
    from augury.augment.one_of import OneOf
    from augury.augment.own import own_augmentation
    from augury.augment.policies.augmix import AugMix
    from augury.augment.policies.autoaugment import AutoAugment
    from augury.augment.policies.randaugment import RandAugment
    from augury.augment.policies.three_augment import ThreeAugment
    from augury.augment.policies.timm_randaugment import TimmRandAugment
    from augury.augment.policies.trivialaugment import TrivialAugment
    from augury.augment.registry import (
        Sources,
        build_augmentation,
        check_parameters,
        from_config,
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
    from augury.augment.saliency.salience_blend import SalienceBlend
    from augury.augment.saliency.salience_raw import SalienceRaw
    from augury.augment.saliency.saliencymix import SaliencyMix
else:
    # Classes under the names that they had in the first version.
    _EARLIER = {
        "Grey": "augury.augment.color.grayscale:Grayscale",
        "Posterise": "augury.augment.color.posterize:Posterize",
        "Solarise": "augury.augment.color.solarize:Solarize",
        "Equalise": "augury.augment.color.equalize:Equalize",
    }
    __getattr__, __dir__ = lazily(__name__, _EARLIER)

__all__ = [
    "AUGMENTATIONS",
    "EARLIER_NAMES",
    "SALIENCY",
    "AttentiveCutMix",
    "AugMix",
    "Augmentation",
    "AutoAugment",
    "Autocontrast",
    "Blur",
    "Brightness",
    "Captured",
    "CenterCrop",
    "Chain",
    "ChannelShuffle",
    "CoarseDropout",
    "Collate",
    "ColorJitter",
    "Contrast",
    "Crop",
    "CutMix",
    "Cutout",
    "Downscale",
    "Elastic",
    "Equalize",
    "FMix",
    "Flip",
    "GaussianNoise",
    "Grayscale",
    "GridMask",
    "GuidedMixup",
    "Hue",
    "Identity",
    "Invert",
    "Jpeg",
    "KeepAugment",
    "MixUp",
    "Normal",
    "OneOf",
    "Perspective",
    "Posterize",
    "PuzzleMix",
    "QuarterTurns",
    "RandAugment",
    "RandomErasing",
    "RandomGrayscale",
    "RandomResizedCrop",
    "ResizeCrop",
    "ResizeMix",
    "Rotate",
    "Salience",
    "SalienceBlend",
    "SalienceRaw",
    "SaliencyMix",
    "Saturation",
    "Sharpness",
    "Shear",
    "Solarize",
    "Source",
    "Sources",
    "ThreeAugment",
    "TimmRandAugment",
    "Translate",
    "TrivialAugment",
    "VerticalFlip",
    "WithIds",
    "Zoom",
    "build_augmentation",
    "check_parameters",
    "from_config",
    "number_repeats",
    "own_augmentation",
    "parts_of",
    "read_augmentation",
    "read_config",
    "saliency_kinds",
    "same_arm",
    "to_config",
    "write_augmentation",
]
