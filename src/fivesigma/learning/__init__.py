"""`Dataset` to `FittedModel` to `Scores`. What to use when.

- ``cross_fit``: train one model, or several at once, so that every event is scored by an estimator that never saw it.
- ``fitted_model``: what came of it; scores new events, each by its own fold.
- ``classifiers``: the models by name, and the small protocol they follow.
- ``trees``, ``network``: the adapters to scikit-learn and PyTorch, each imported when first used.
- ``scale``, ``ledger``: the common score scale, and the record of which events trained which estimator.
- ``storage``: a fitted model as files, and back, without pickle.
"""
