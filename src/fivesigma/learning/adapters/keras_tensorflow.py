"""One pass over the training events as a single TensorFlow graph: several times faster than a call for every batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from fivesigma.core.arrays import Ints
from fivesigma.learning.classifiers import Part

__all__ = ["in_one_graph"]

# one thread, so that sums are made in one order; TensorFlow refuses once it has computed, and keeps what its user has set
with contextlib.suppress(RuntimeError):
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
if tf.config.list_physical_devices("GPU"):
    # on processors one thread is enough; what is drawn without a seed is an error to TensorFlow from here on
    tf.config.experimental.enable_op_determinism()


def in_one_graph(model: Any, part: Part, optimiser: Any, batch_size: int) -> Callable[[Ints], float]:
    """Return what takes one pass over training events in a given order, shape (n,), and gives the weighted mean loss."""
    X = tf.constant(np.ascontiguousarray(part.X))
    target, weight = (tf.constant(array.astype(np.float32)) for array in (part.is_signal, part.weight))
    optimiser.build(model.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator] # TensorFlow is not annotated
    def one_epoch(order: Any) -> Any:
        total = tf.constant(0.0)
        for start in tf.range(0, tf.size(order), batch_size):
            batch = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                logit = model(tf.gather(X, batch), training=True)[:, 0]
                entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.gather(target, batch), logits=logit)
                loss = tf.reduce_sum(entropy * tf.gather(weight, batch))
                mean = loss / tf.cast(tf.size(batch), tf.float32)
            optimiser.apply(tape.gradient(mean, model.trainable_variables), model.trainable_variables)
            total += loss
        return total / tf.reduce_sum(weight)

    # traced here, once: called, TensorFlow would count the functions of all folds as one that is traced again and again
    traced = one_epoch.get_concrete_function(tf.TensorSpec([None], tf.int32))
    return lambda order: float(traced(tf.constant(order.astype(np.int32))))
