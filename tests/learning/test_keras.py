"""Networks in Keras: what they compute, and what they leave as it was. Here on TensorFlow, in one process that waits for it once."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.adapters.keras_network import KerasNetwork
from fivesigma.learning.classifiers import ModelSpec, Part
from fivesigma.learning.spec_checks import check_spec


@pytest.fixture(scope="module")
def parts():
    """A thousand events to train on and as many to validate with; what is signal is a matter of the product of two inputs, too."""
    generator = np.random.default_rng(1)
    X = generator.normal(size=(2000, 3)).astype(np.float32)
    is_signal = generator.uniform(size=2000) < 1 / (1 + np.exp(-X[:, 0] - X[:, 1] * X[:, 2]))
    weight = generator.uniform(0.1, 3, 2000)
    return [Part(X[part], is_signal[part], weight[part]) for part in (slice(1000), slice(1000, 2000))]


def trained(parts, seed=1, **parameters):
    model = KerasNetwork(**{"hidden": [8], "epochs": 2, "batch_size": 100, **parameters})
    model.fit(*parts, seed=seed)
    return model


def weighted_loss(logit, part):
    probability = 1 / (1 + np.exp(-logit))
    return np.average(-np.log(np.where(part.is_signal, probability, 1 - probability)), weights=part.weight)


class TestTraining:
    def test_the_kept_weights_are_the_best_on_the_weighted_validation_loss(self, parts):
        model = trained(parts, hidden=[64, 64], epochs=30, learning_rate=0.03, patience=4)
        losses = model.history()["validation"]
        best = int(np.argmin(losses)) + 1
        assert model.describe()["best epoch"] == best
        assert len(losses) == model.describe()["epochs"] == best + 4  # more epochs were allowed
        assert weighted_loss(model.score(parts[1].X), parts[1]) == pytest.approx(min(losses), rel=1e-9)

    def test_the_training_loss_is_weighted(self, parts):
        """At a learning rate of next to nothing it is that of the network as it was drawn, in training as in validation."""
        model = trained(parts, learning_rate=1e-20, optimiser="sgd", epochs=1)
        expected = weighted_loss(model.score(parts[0].X), parts[0])
        assert model.history()["training"] == [pytest.approx(expected, rel=1e-5)]

    @pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
    def test_full_batches_are_those_of_keras_own_fit(self, parts, optimiser):
        """Where the order of events is of no matter, three passes lead where ``fit`` leads from the same start."""
        from fivesigma.learning.adapters import keras_engine

        X, is_signal, weight = parts[0].X, parts[0].is_signal, parts[0].weight / parts[0].weight.mean()
        mine, theirs = (keras_engine.build(3, [8, 4], activation="tanh", dropout=0.0, seed=5) for _ in range(2))
        one_epoch = keras_engine.trainer(
            mine, Part(X, is_signal, weight), optimiser=optimiser, learning_rate=0.02, batch_size=1000
        )
        losses = [one_epoch(np.random.default_rng(i).permutation(1000)) for i in range(3)]
        theirs.compile(
            optimizer=keras_engine._OPTIMISERS[optimiser](0.02),
            loss=keras_engine.keras.losses.BinaryCrossentropy(from_logits=True),
            jit_compile=False,
        )
        fitted = theirs.fit(
            X, is_signal[:, None].astype(float), sample_weight=weight, batch_size=1000, epochs=3, verbose=0
        )
        np.testing.assert_allclose(losses, fitted.history["loss"], rtol=1e-5)
        for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)

    def test_a_graph_is_batch_after_batch(self, parts):
        """What PyTorch and JAX do, done with TensorFlow: the same batches, the last of them shorter, lead to the same weights."""
        from fivesigma.learning.adapters import keras_engine, keras_tensorflow

        orders = [np.random.default_rng(i).permutation(1000) for i in range(2)]
        ends = []
        for way in (keras_tensorflow.in_one_graph, keras_engine._by_batches):
            model = keras_engine.build(3, [8], activation="relu", dropout=0.0, seed=5)
            one_epoch = way(model, parts[0], keras_engine.keras.optimizers.Adam(0.01), 300)
            ends.append(([one_epoch(order) for order in orders], model.get_weights()))
        np.testing.assert_allclose(ends[0][0], ends[1][0], rtol=1e-5)
        for one, other in zip(ends[0][1], ends[1][1], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)

    def test_one_that_diverges_says_so(self, parts):
        with pytest.raises(FivesigmaError, match="smaller learning_rate"):
            trained(parts, learning_rate=1e30, optimiser="sgd", epochs=5)

    def test_dropout_and_activation_are_built(self, parts):
        plain, dropped, bent = (
            trained(parts, epochs=1, **extra).score(parts[1].X)
            for extra in ({}, {"dropout": 0.5}, {"activation": "elu"})
        )
        assert not np.array_equal(plain, dropped)
        assert not np.array_equal(plain, bent)


class TestWhatIsLeftAlone:
    def test_global_random_states_are_neither_read_nor_changed_and_the_same_comes_again(self, parts):
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002 - it is the global state that must stay
        before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
        one = trained(parts, dropout=0.3).score(parts[1].X)
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
        random.seed(2)
        np.random.seed(2)  # noqa: NPY002
        np.testing.assert_array_equal(trained(parts, dropout=0.3).score(parts[1].X), one)

    def test_the_environment(self, parts):
        assert "KERAS_BACKEND" not in os.environ
        assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ


class TestStorage:
    def test_goes_to_another_process(self, parts):
        model = trained(parts)
        again = pickle.loads(pickle.dumps(model))  # noqa: S301 - as worker processes do
        np.testing.assert_array_equal(again.score(parts[1].X), model.score(parts[1].X))
        assert again.describe() == model.describe()

    @pytest.mark.parametrize("harm", ["gone", "other shape", "one more"])
    def test_weights_of_another_network_are_refused(self, parts, tmp_path, harm):
        path = tmp_path / "fold_0.safetensors"
        trained(parts).save(path)
        tensors = load_file(path)
        assert sorted(tensors) == ["0.bias", "0.kernel", "1.bias", "1.kernel"]
        if harm == "gone":
            del tensors["0.kernel"]
        elif harm == "other shape":
            tensors["1.kernel"] = np.zeros((9, 1), dtype=np.float32)
        else:
            tensors["2.kernel"] = np.zeros((1, 1), dtype=np.float32)
        save_file(tensors, path)
        with pytest.raises(DataError, match=r"fold_0\.safetensors: damaged: .*hidden layers \[8\]"):
            KerasNetwork.load(path, {"hidden": [8]})


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"hidden": []}, "hidden is a list of widths"),
        ({"hidden": 64}, "hidden is a list of widths"),
        ({"hidden": [64, 0]}, "hidden is a list of widths"),
        ({"hidden": [True]}, "hidden is a list of widths"),
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"batch_size": 10.5}, "batch_size must be a whole number"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ({"learning_rate": "fast"}, "learning_rate must be above 0, not 'fast'"),
        ({"learning_rate": float("nan")}, "learning_rate must be finite, not nan"),
        ({"activation": "rleu"}, "no activation 'rleu'; did you mean relu"),
        ({"optimiser": "adma"}, "no optimiser 'adma'; did you mean adam"),
        ({"optimizer": "adam"}, "no parameter 'optimizer'; did you mean optimiser"),
    ],
)
def test_parameters_are_checked_before_any_training(parameters, says):
    with pytest.raises(FivesigmaError, match=says):
        check_spec(ModelSpec(name="net", use="keras", inputs=("a",), parameters=parameters))


def said(code, environment=None, absent=()):
    """Return what a process of its own says, in which some libraries are absent."""
    before = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in absent: raise ModuleNotFoundError(name)\n"
        f"absent = {list(absent)!r}\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    environment = {**os.environ, **(environment or {})}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", before + code],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def test_without_keras_it_says_what_to_install():
    done = said("from fivesigma.learning.catalogue import classifier\nclassifier('keras')", absent=("keras",))
    last = done.stderr.splitlines()[-1]
    assert last.endswith("MissingExtraError: Keras is not installed; it comes with: pip install 'fivesigma[keras]'")


def test_computes_with_what_is_asked_for_or_the_first_there_is():
    """And is checked without the seconds that TensorFlow takes."""
    code = (
        "import os\n"
        "from fivesigma.learning.adapters.keras_backends import installed_backend\n"
        "from fivesigma.learning.adapters.keras_network import KerasNetwork\n"
        "KerasNetwork(hidden=[3])\n"
        "print(installed_backend())\n"
        "absent += ['tensorflow']\n"
        "print(installed_backend())\n"
        "absent += ['torch', 'jax']\n"
        "print(installed_backend())\n"
        "absent.clear()\n"
        "os.environ['KERAS_BACKEND'] = 'torch'\n"
        "print(installed_backend())\n"
        "print('keras' in sys.modules or 'tensorflow' in sys.modules)\n"
        "os.environ['KERAS_BACKEND'] = 'mxnet'\n"
        "installed_backend()\n"
    )
    done = said(code, {"KERAS_BACKEND": ""})
    assert done.stdout.split() == ["tensorflow", "torch", "None", "torch", "False"]
    assert "KERAS_BACKEND is 'mxnet': not installed, or none of tensorflow, torch, jax" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "library"), [("", "TensorFlow"), ("torch", "PyTorch")])
def test_trains_without_a_word(backend, library):
    """Each in a process of its own, the same on repeat."""
    code = (
        "import numpy as np\n"
        "from fivesigma.learning.catalogue import classifier\n"
        "from fivesigma.learning.classifiers import Part\n"
        "X = np.random.default_rng(1).normal(size=(3000, 2)).astype(np.float32)\n"
        "is_signal = X[:, 0] + np.random.default_rng(2).normal(size=3000) > 0\n"
        "part = Part(X, is_signal, np.ones(3000))\n"
        "models = [classifier('keras')(hidden=[16], epochs=5, dropout=0.1, learning_rate=0.02) for _ in range(2)]\n"
        "for model in models: model.fit(part, part, seed=1)\n"
        "one, two = (model.score(X) for model in models)\n"
        "print(models[0].describe()['library'])\n"
        "print(np.array_equal(one, two), np.corrcoef(one, X[:, 0])[0, 1] > 0.9, models[0].history()['validation'][-1] < 0.55)\n"
    )
    done = said(code, {"KERAS_BACKEND": backend})
    assert done.stderr == ""
    described, checked = done.stdout.splitlines()
    assert f"on {library} " in described
    assert checked == "True True True"
