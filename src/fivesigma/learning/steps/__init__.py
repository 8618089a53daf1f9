"""What inputs go through, one module a kind of step. What to use when.

- ``step``: what a step is.
- ``missing``: a value for what is missing, where a model or another step needs one.
- ``scaling``: each input by itself, by two numbers: ``standard``, ``min_max``, ``max_abs``.
- ``quantiles``: each input by itself, to a normal distribution whatever it was: ``quantile``, for long tails.
- ``mixing``: all inputs of an event together: ``normalise``, ``pca``.
"""
