"""Networks in Keras: building, one pass over the training events, and logits.

Every layer and every dropout has a seed of its own, and the order of events is given: no global random state is read or set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats, Ints, Matrix
from fivesigma.core.identity import derive_seed
from fivesigma.learning.adapters.keras_backends import chosen_backend
from fivesigma.learning.classifiers import Part

with chosen_backend():
    import keras

__all__ = ["build", "held", "library", "logit", "trainer"]

held: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
"""What all work with a network is done in."""
if keras.backend.backend() == "torch":
    held = import_module("fivesigma.learning.adapters.keras_torch").held

_SCORED_AT_ONCE = 65536
_LIBRARIES = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}
_OPTIMISERS = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}


def library() -> str:
    """Return which versions of what a network runs on."""
    backend = keras.backend.backend()
    return f"Keras {keras.__version__} on {_LIBRARIES[backend]} {import_module(backend).__version__}"


def build(inputs: int, hidden: Sequence[int], *, activation: str, dropout: float, seed: int) -> Any:
    """Return a network of one logit, with weights drawn by the seed (Glorot and Bengio 2010, eq. 16)."""
    layers = [keras.Input((inputs,))]
    for place, width in enumerate((*hidden, 1)):
        drawn = keras.initializers.GlorotUniform(seed=derive_seed(seed, "layer", place))
        last = place == len(hidden)
        layers.append(keras.layers.Dense(width, None if last else activation, kernel_initializer=drawn))
        if dropout and not last:
            layers.append(keras.layers.Dropout(dropout, seed=derive_seed(seed, "dropout", place)))
    return keras.Sequential(layers)


def trainer(
    model: Any, part: Part, *, optimiser: str, learning_rate: float, batch_size: int
) -> Callable[[Ints], float]:
    """Return what takes one pass over training events in a given order, shape (n,), and gives the weighted mean loss."""
    descent = _OPTIMISERS[optimiser](learning_rate)
    if keras.backend.backend() == "tensorflow":
        in_one_graph: Callable[[Ints], float] = import_module(
            "fivesigma.learning.adapters.keras_tensorflow"
        ).in_one_graph(model, part, descent, batch_size)
        return in_one_graph
    return _by_batches(model, part, descent, batch_size)


def logit(model: Any, X: Matrix) -> Floats:
    """Return the logits, shape (n,), of prepared inputs (n, k)."""
    starts = range(0, len(X), _SCORED_AT_ONCE)
    chunks = (model(np.ascontiguousarray(X[start : start + _SCORED_AT_ONCE]), training=False) for start in starts)
    logits = [keras.ops.convert_to_numpy(chunk)[:, 0] for chunk in chunks]
    return np.concatenate([*logits, np.empty(0)], dtype=np.float64)


def _by_batches(model: Any, part: Part, optimiser: Any, batch_size: int) -> Callable[[Ints], float]:
    model.compile(optimizer=optimiser, loss=keras.losses.BinaryCrossentropy(from_logits=True))
    target, weight = part.is_signal.astype(np.float32)[:, None], part.weight.astype(np.float32)

    def one_epoch(order: Ints) -> float:
        total = 0.0
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            mean = model.train_on_batch(part.X[batch], target[batch], sample_weight=weight[batch])
            total += float(mean) * len(batch)
        return total / float(weight.sum())

    return one_epoch
