"""Names of augmentations, each with its class and the first line of that class's docstring.

A new method is a file and a row. Reading the names imports no class, and so no PyTorch.
"""

from typing import TYPE_CHECKING, Any

from augury.lazy import LazyTable, Row

if TYPE_CHECKING:
    from augury.augment.base import Augmentation


def _row(place: str, title: str) -> Row:
    return Row(f"augury.augment.{place}", title)


AUGMENTATIONS: LazyTable[type["Augmentation[Any]"]] = LazyTable(
    {
        "none": _row("none:Identity", "Every image is returned as it is."),
        # Geometry
        "normal": _row(
            "geometry.normal:Normal",
            "Rotate, zoom and flip each image in one bilinear resampling.",
        ),
        "crop": _row(
            "geometry.crop:Crop",
            "Pad each image with black and cut a window of the old size from anywhere in it.",
        ),
        "random-resized-crop": _row(
            "geometry.random_resized_crop:RandomResizedCrop",
            "Cut a box of random area and shape from each image and resize it; bilinear, float32.",
        ),
        "resize-crop": _row(
            "geometry.resize_crop:ResizeCrop",
            "Cut a window from anywhere in each image; "
            "whole pixels, which keep their values and dtype.",
        ),
        "center-crop": _row(
            "geometry.center_crop:CenterCrop",
            "Cut the center of each image, as evaluation does; pixels keep their values and dtype.",
        ),
        "flip": _row("geometry.flip:Flip", "Mirror images left to right, top to bottom, or both."),
        "vertical-flip": _row(
            "geometry.vertical_flip:VerticalFlip",
            "Mirror images top to bottom: `flip` upside down, with draws of its own.",
        ),
        "quarter-turns": _row(
            "geometry.quarter_turns:QuarterTurns",
            "Turn each image by 0, 90, 180 or 270 degrees, all equally likely.",
        ),
        "rotate": _row(
            "geometry.rotate:Rotate",
            "Turn images about their center ((H-1)/2, (W-1)/2); bilinear, returns float32.",
        ),
        "zoom": _row(
            "geometry.zoom:Zoom",
            "Shrink or enlarge the content about the center ((H-1)/2, (W-1)/2); bilinear, float32.",
        ),
        "shear": _row(
            "geometry.shear:Shear",
            "Slant images about their center ((H-1)/2, (W-1)/2); bilinear, returns float32.",
        ),
        "translate": _row(
            "geometry.translate:Translate",
            "Move the content by any distance, not only whole pixels; bilinear, returns float32.",
        ),
        "perspective": _row(
            "geometry.perspective:Perspective",
            "Pull the corners of each image inward and read it in perspective; bilinear, "
            "black around.",
        ),
        "elastic": _row(
            "geometry.elastic:Elastic",
            "Bend each image like rubber: pixels move by smooth noise; bilinear, "
            "black beyond the image.",
        ),
        # Color and sharpness
        "brightness": _row(
            "color.brightness:Brightness",
            "Multiply each image by a factor and clip to [0, 1].",
        ),
        "contrast": _row(
            "color.contrast:Contrast",
            "Bring each image nearer to, or further from, its mean gray, and clip to [0, 1].",
        ),
        "saturation": _row(
            "color.saturation:Saturation",
            "Bring each pixel nearer to, or further from, its gray, and clip to [0, 1].",
        ),
        "hue": _row(
            "color.hue:Hue",
            "Turn each image's colors around the color wheel (hue of HSV).",
        ),
        "grayscale": _row(
            "color.grayscale:Grayscale",
            "Replace an image by its luma 0.299 R + 0.587 G + 0.114 B, in all channels.",
        ),
        "random-grayscale": _row(
            "color.random_grayscale:RandomGrayscale",
            "Take the color from one image in ten: `grayscale`, with draws of its own.",
        ),
        "color-jitter": _row(
            "color.color_jitter:ColorJitter",
            "Change brightness, contrast, saturation and hue of each image, "
            "in an order of its own.",
        ),
        "channel-shuffle": _row(
            "color.channel_shuffle:ChannelShuffle",
            "Exchange the channels of an image: red, green and blue in one of their six orders.",
        ),
        "blur": _row("color.blur:Blur", "Blur each image with a Gaussian of its own width."),
        "sharpness": _row(
            "color.sharpness:Sharpness",
            "Smooth or sharpen each image: blend it with, or away from, a 3×3 smoothing of it.",
        ),
        "posterize": _row(
            "color.posterize:Posterize",
            "Keep only the highest bits of an image's values.",
        ),
        "solarize": _row(
            "color.solarize:Solarize",
            "Replace each value v of an image that reaches the threshold by 255 - v.",
        ),
        "equalize": _row(
            "color.equalize:Equalize",
            "Make each channel's histogram flat, so that all values are about equally frequent.",
        ),
        "autocontrast": _row(
            "color.autocontrast:Autocontrast",
            "Stretch each channel of an image so that its values reach from 0 to 255.",
        ),
        "invert": _row("color.invert:Invert", "Replace each value v of an image by 255 - v."),
        # Picture quality
        "gaussian-noise": _row(
            "color.gaussian_noise:GaussianNoise",
            "Add a normally distributed number to each value of an image, and clip to [0, 1].",
        ),
        "jpeg": _row(
            "color.jpeg:Jpeg",
            "Compress each image as JPEG, at a quality of its own, and decompress it.",
        ),
        "downscale": _row(
            "color.downscale:Downscale",
            "Shrink each image and enlarge it again, so that it has fewer, larger pixels.",
        ),
        # Policies
        "randaugment": _row(
            "policies.randaugment:RandAugment",
            "Apply `layers` of the 14 operations to each image, drawn with replacement.",
        ),
        "trivialaugment": _row(
            "policies.trivialaugment:TrivialAugment",
            "Apply one of the 14 operations to each image, at a strength drawn uniformly.",
        ),
        "autoaugment": _row(
            "policies.autoaugment:AutoAugment",
            "Apply one of the 25 sub-policies of a learned policy to each image, "
            "two operations each.",
        ),
        "timm-randaugment": _row(
            "policies.timm_randaugment:TimmRandAugment",
            "Apply up to `layers` of timm's 15 operations to each image, "
            "each with probability `layer_p`.",
        ),
        "augmix": _row(
            "policies.augmix:AugMix",
            "Blend each image with a mixture of `width` versions of it, "
            "each from a chain of operations.",
        ),
        "3-augment": _row(
            "policies.three_augment:ThreeAugment",
            "Mirror an image, make it gray, solarize or blur it, and jitter its colors.",
        ),
        # Recipes
        "torchvision-references": _row(
            "recipes.torchvision_references:TorchvisionReferences",
            "What torchvision's references do to training images, for its IMAGENET1K_V2 weights.",
        ),
        "timm-a1": _row(
            "recipes.timm_resnets:TimmA1",
            "What timm's recipe A1 (600 epochs) does to training images.",
        ),
        "timm-a2": _row(
            "recipes.timm_resnets:TimmA2",
            "What timm's recipe A2 (300 epochs) does to training images.",
        ),
        "timm-a3": _row(
            "recipes.timm_resnets:TimmA3",
            "What timm's recipe A3 (100 epochs) does to training images.",
        ),
        "ultralytics-classify": _row(
            "recipes.ultralytics_classify:UltralyticsClassify",
            "What `yolo classify train` does to training images.",
        ),
        "deit3": _row("recipes.deit3:Deit3", "What DeiT III does to training images."),
        "airbench": _row("recipes.airbench:Airbench", "What airbench94 does to training images."),
        "keras-tutorial": _row(
            "recipes.keras_tutorial:KerasTutorial",
            'What Keras\'s tutorial "Image classification from scratch" does to training images.',
        ),
        # Erasing
        "random-erasing": _row(
            "erasing.random_erasing:RandomErasing",
            "Replace one rectangle of an image by random pixels.",
        ),
        "cutout": _row("erasing.cutout:Cutout", "Set one square of every image to zero."),
        "coarse-dropout": _row(
            "erasing.coarse_dropout:CoarseDropout",
            "Set several small rectangles of an image to zero.",
        ),
        "gridmask": _row(
            "erasing.gridmask:GridMask",
            "Set the squares of a regular grid to zero; the grid is turned at random.",
        ),
        # Mixing
        "mixup": _row(
            "mixing.mixup:MixUp",
            "Blend each image and its target with those of another: `λ · own + (1 - λ) · partner`.",
        ),
        "cutmix": _row(
            "mixing.cutmix:CutMix",
            "Paste a box of another image into each, at its own place; targets by the area pasted.",
        ),
        "resizemix": _row(
            "mixing.resizemix:ResizeMix",
            "Paste another image, shrunk but whole, into each; targets by the area that it covers.",
        ),
        "fmix": _row(
            "mixing.fmix:FMix",
            "Show another image where smooth noise is low; targets by the pixels shown of each.",
        ),
        # Guided by saliency
        "salience-raw": _row(
            "saliency.salience_raw:SalienceRaw",
            "Blend the input gradient of a network into each image: "
            "`mix · gradient + pixels / mix`.",
        ),
        "salience-blend": _row(
            "saliency.salience_blend:SalienceBlend",
            "Blend each image with its saliency map: "
            "`(mix · map + image / mix) / (mix + 1 / mix)`.",
        ),
        "salience": _row(
            "saliency.salience:Salience",
            "Bring out, or take back, what a saliency map marks, "
            "at a strength of each image's own.",
        ),
        "saliencymix": _row(
            "saliency.saliencymix:SaliencyMix",
            "Paste a box around the most salient pixel of another image into each image.",
        ),
        "puzzlemix": _row(
            "saliency.puzzlemix:PuzzleMix",
            "Show each image where it is salient and its partner elsewhere; cells move to fit.",
        ),
        "keepaugment": _row(
            "saliency.keepaugment:KeepAugment",
            "Augment an image, and keep its salient part.",
        ),
        "guidedmixup": _row(
            "saliency.guidedmixup:GuidedMixup",
            "Blend each image with another, pixel by pixel in proportion to their saliency.",
        ),
        "attentive-cutmix": _row(
            "saliency.attentive_cutmix:AttentiveCutMix",
            "Paste the most salient cells of another image into each image, at the same places.",
        ),
    }
)

# Spellings of the first version, which stand in the cell names of its studies.
EARLIER_NAMES: dict[str, str] = {
    "grey": "grayscale",
    "posterise": "posterize",
    "solarise": "solarize",
    "equalise": "equalize",
}

# These hold other augmentations, their `parts`.
COMPOSITIONS: LazyTable[type["Augmentation[Any]"]] = LazyTable(
    {
        "chain": _row(
            "chain:Chain",
            "Apply `parts` in order; neighbors that move pixels share one resampling.",
        ),
        "one-of": _row(
            "one_of:OneOf",
            "Give each image one of `parts`, chosen with the probabilities that `weights` "
            "stand for.",
        ),
    }
)

# Augmentations whose first argument, `saliency`, is a source of maps, with the default kind.
SALIENCY: dict[str, str] = {
    "salience-raw": "signed-gradient",
    "salience-blend": "gradient",
    "salience": "gradient",
    "saliencymix": "spectral-residual",
    "puzzlemix": "loss-gradient",
    "keepaugment": "label-gradient",
    "guidedmixup": "spectral-residual",
    "attentive-cutmix": "activation",
}


def parts_of(name: str) -> list[str]:
    """The parts of `name`: "normal+cutout" is first normal, then cutout."""
    return name.split("+")


def same_arm(name: str) -> str:
    """`name` with each part in today's spelling, so that an old and a new spelling are equal."""
    return "+".join(_today(part) for part in parts_of(name))


def _today(part: str) -> str:
    name, sign, strength = part.partition("@")
    return EARLIER_NAMES.get(name, name) + sign + strength
