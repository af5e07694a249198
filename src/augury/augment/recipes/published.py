"""Where each recipe was read, and what of it is left out. Nothing here imports PyTorch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A project's recipe.

    source: the project, its version, and the files that were read; differs: what is done otherwise
    than there; left_out: what belongs to the recipe and is no augmentation, or is none here.
    """

    source: str
    differs: tuple[str, ...]
    left_out: tuple[str, ...]

    def __str__(self) -> str:
        differs = f"Differs: {'; '.join(self.differs)}. " if self.differs else ""
        return f"{self.source}. {differs}Left out: {'; '.join(self.left_out)}"


_PER_BATCH = "mixup or cutmix is chosen for each image, with its own λ and box (there once a batch)"
_NOISE = "the erased rectangle is noise (there {})"
_TIMM_FILL = "bilinear and black borders (there bilinear or bicubic, and the mean color)"
_BICUBIC = "the crop is resized bilinearly, antialiased (there bicubic)"


def _timm(name: str, *left_out: str) -> Published:
    return Published(
        f"timm 1.0.31 (data/transforms_factory.py, auto_augment.py, mixup.py) with the settings of "
        f'{name} in "ResNet strikes back" (arXiv:2110.00476), table 2',
        (_PER_BATCH, _TIMM_FILL, _BICUBIC),
        (*left_out, "stochastic depth", "binary cross-entropy", "normalization"),
    )


PUBLISHED: dict[str, Published] = {
    "3-augment": Published(
        "facebookresearch/deit at 7e160fe, augment.py, new_data_aug_generator",
        ("the blur is Gaussian (PIL's is three box filters)",),
        ("the random resized crop, which comes first: random-resized-crop+3-augment",
         "normalization"),
    ),
    "torchvision-references": Published(
        "pytorch/vision, references/classification (presets.py at 080836e, transforms.py at "
        "6fbb501), with the settings of ResNet50_Weights.IMAGENET1K_V2 (issue 3995)",
        (_PER_BATCH, _NOISE.format("the mean color"),
         "CutMix has the alpha 1 that the recipe asks for (at 6fbb501 the code gives it mixup's)"),
        ("training at 176 pixels, tests at 224", "repeated augmentation, 4 copies",
         "label smoothing 0.1", "the moving average of the weights", "normalization"),
    ),
    "timm-a1": _timm("A1", "repeated augmentation, 3 copies", "label smoothing 0.1"),
    "timm-a2": _timm("A2", "repeated augmentation, 3 copies"),
    "timm-a3": _timm("A3", "training at 160 pixels, tests at 224"),
    "ultralytics-classify": Published(
        "ultralytics 8.4.190, data/augment.py, classify_augmentations, with the settings of "
        "cfg/default.yaml",
        (_NOISE.format("black"),),
        ("color jitter, which is off there while auto_augment is set", "normalization"),
    ),
    "deit3": Published(
        "facebookresearch/deit at 7e160fe, augment.py and the ImageNet-1k command of "
        "README_revenge.md",
        (_PER_BATCH, _BICUBIC, "the blur is Gaussian (PIL's is three box filters)"),
        ("repeated augmentation, 3 copies", "stochastic depth", "binary cross-entropy",
         "normalization"),
    ),
    "airbench": Published(
        "KellerJordan/cifar10-airbench at f1c599c, airbench94_muon.py",
        ("each image is mirrored with probability ½ in every epoch (there in the first, and then "
         "in turns)",
         "black lies beyond the border (there the image is reflected)"),
        ("flips and shifts of test images", "normalization"),
    ),
    "keras-tutorial": Published(
        'keras.io, "Image classification from scratch", keras-team/keras-io at 0e91841, '
        "examples/vision/image_classification_from_scratch.py",
        ("beyond the border the nearest pixel is repeated (there the image is reflected)",),
        ("dropout", "rescaling to [0, 1]"),
    ),
}  # fmt: skip
