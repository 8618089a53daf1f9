"""`Dataset` to `FittedModel` to `Scores`. What to use when.

- ``cross_fit``: train one model, or several at once, so that every event is scored by an estimator that never saw it.
- ``fitted_model``: what came of it; scores new events, each by its own fold.
- ``classifiers``: the models by name, and the small protocol they follow.
- ``catalogue``, ``adapters``: classifiers by name, one module a library, each imported when first used; ``spec_checks``: what they refuse.
- ``plugins``: classifiers that other distributions offer.
- ``estimator``: any classifier with scikit-learn's interface.
- ``preparation``: what inputs go through before a model sees them, of the ``steps`` there are, learnt inside the fold.
- ``tuning``: parameters sought inside the fold.
- ``scale``, ``ledger``: the common score scale, and the record of which events trained which estimator.
- ``storage``: a fitted model as files, and back, without pickle.
"""
