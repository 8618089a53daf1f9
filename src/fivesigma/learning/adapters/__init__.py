"""What makes estimators of other libraries a `fivesigma.learning.classifiers.Classifier`. What to use when.

- ``trees``, ``logistic``: scikit-learn's ensembles and its logistic regression; ``scikit_names``: its other classifiers by name;
  ``scikit_object``: one that is handed in.
- ``xgboost_trees``, ``lightgbm_trees``: boosted trees of other libraries.
- ``network``, ``autoencoder``: PyTorch; ``keras_network``: Keras, on what ``keras_backends`` finds.
- ``column``, ``onnx_model``: scores and models from elsewhere, of which nothing is trained here.

Each imports its library when it is imported itself, which is when a model of that name is first asked for; Keras still later.
"""
