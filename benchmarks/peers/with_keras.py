"""Keras' preprocessing layers in a graph of TensorFlow; images stay (B, H, W, 3)."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchmarks.peers.work import MEAN, STD, Pass, Work


def _arms() -> dict[str, Callable[[int], list[Any]]]:
    from keras import layers as k

    return {
        "flip": lambda size: [k.RandomFlip("horizontal")],
        "crop": lambda size: [k.ZeroPadding2D(size // 8), k.RandomCrop(size, size)],
        "normal": lambda size: [
            k.RandomFlip("horizontal"),
            k.RandomRotation(2 / 360, fill_mode="nearest"),
            k.RandomZoom(0.1, 0.1, fill_mode="nearest"),
        ],
        "random-erasing": lambda size: [k.RandomErasing(0.5, (0.02, 0.4))],
        "hue": lambda size: [k.RandomHue(0.2)],
        "blur": lambda size: [k.RandomGaussianBlur(1.0, 13, (0.1, 2.0))],
        "equalize": lambda size: [k.Equalization()],
        "randaugment": lambda size: [k.RandAugment(factor=0.3)],
        "augmix": lambda size: [k.AugMix()],
    }


def batch(arm: str, work: Work) -> Pass | None:
    """Draws as Keras draws them for a batch; None if it lacks a part of `arm`."""
    _triton_first()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    _one_thread()
    arms = _arms()
    parts = arm.split("+")
    if not all(part in arms for part in parts):
        return None
    layers = [layer for part in parts for layer in arms[part](work.size)]
    mean, std = (tf.constant([255 * v for v in values]) for values in (MEAN, STD))
    images = tf.constant(work.images.permute(0, 2, 3, 1).contiguous().numpy())

    @tf.function
    def run(values: Any) -> Any:
        values = tf.cast(values, tf.float32)
        for layer in layers:
            values = layer(values, training=True) if _draws(layer, keras) else layer(values)
        return (values - mean) / std

    return lambda: run(images).numpy()


def _draws(layer: Any, keras: Any) -> bool:
    return not isinstance(layer, keras.layers.ZeroPadding2D)


def _triton_first() -> None:
    """Imported after TensorFlow, Triton 3.8 ends the process: both bring an LLVM."""
    with suppress(ImportError):
        import triton  # noqa: F401


def _one_thread() -> None:
    """Once, before TensorFlow computes anything."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # it computes already, with the threads of the first call
