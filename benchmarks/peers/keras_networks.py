"""A training step of Keras' own networks, in a graph of TensorFlow, without XLA."""

import os
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import numpy as np

NAMES = {
    "vgg19": "VGG19",
    "resnet50": "ResNet50",
    "densenet121": "DenseNet121",
    "mobilenetv2": "MobileNetV2",
    "efficientnet-b0": "EfficientNetB0",
}


def here() -> bool:
    """Whether Keras and TensorFlow are installed."""
    return find_spec("keras") is not None and find_spec("tensorflow") is not None


def training_step(name: str, images: int, size: int, threads: int) -> Callable[[], float]:
    """A step on `images` of size×size pixels, random and in memory, of 10 classes, with Adam.

    It returns the loss. threads: of this process, from its first step on.
    """
    with suppress(ImportError):  # after TensorFlow, Triton 3.8 ends the process
        import triton  # noqa: F401
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    with suppress(RuntimeError):  # it computes already
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    make = getattr(keras.applications, NAMES[name])
    backbone = make(include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg")
    model = keras.Model(backbone.input, keras.layers.Dense(10)(backbone.output))
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True)
    random = np.random.default_rng(0)
    pixels = tf.constant(random.random((images, size, size, 3), np.float32))
    targets = tf.one_hot(random.integers(0, 10, images), 10)

    @tf.function
    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(targets, model(pixels, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return lambda: float(step().numpy())
