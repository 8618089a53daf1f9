"""Dense networks of one shape, many at a time: their training is one stacked computation. What to use when.

- ``estimator``: what ``network`` and ``autoencoder`` share as classifiers; the place where the engine is called from.
- ``settings``: how a network is built and trained, with every value checked.
- ``training``: `train`, the loop over epochs with early stopping and checkpoints; ``record`` is what it notes of each network.
- ``stack``: networks that step together, and an epoch of theirs.
- ``architecture``, ``activations``: layers, where each lies among the parameters, how they begin.
- ``computation``: forward and backward of a batch for each network.
- ``losses``, ``optimisers``, ``schedules``: what is minimised, by which steps, of which size.
- ``batches``, ``dropout``: the events on the device and each network's order of them; which units are left out.
- ``devices``: where all this runs.

Everything is float32, written in place into tensors that live as long as the stack, and nothing is differentiated by PyTorch.
Each network has its own random numbers, batches, learning rate and count of steps, so that it becomes what it would alone.
"""
