"""One module a library: what makes its estimators a `fivesigma.learning.classifiers.Classifier`.

- ``trees``: scikit-learn's random forest and histogram gradient boosting.
- ``network``: PyTorch.

Each imports its library when it is imported itself, which is when a model of that name is first asked for.
"""
