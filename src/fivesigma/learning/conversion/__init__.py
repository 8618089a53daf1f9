"""Trained models to ONNX, for frameworks that know neither Python nor fivesigma. What to use when.

- ``fold_graph``: one fold of a model as one ONNX graph: preparation, estimators, the mean over seeds, the common scale.
- ``parity``: how far what onnxruntime computes is from what the model computes itself.
- ``catalogue``: which converter a classifier has; ``converter``: what one is.

How it is done:

- ``graph``: nodes and constants under names of their own; ``interpolation``: piecewise linear maps, of scales and quantiles.
- ``prepared``: the steps of preparation.
- ``trees``: any ensemble of decision trees, exactly; ``scikit_trees``, ``xgboost_trees``, ``lightgbm_trees`` read those of a library.
  ``stored`` gives what a library writes of a model.
- ``layers``: networks. ``ready_made``: scores that come from elsewhere.
- ``scikit``: scikit-learn's classifiers; ``scikit_formulas`` those that are a formula, ``by_skl2onnx`` what is neither that nor trees.
"""
