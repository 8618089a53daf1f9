"""scikit-learn estimators as skops files: only types of a fixed list are ever loaded, and equal estimators make equal files."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.estimator_structure import forget_use, require_sound_estimator

__all__ = ["TRUSTED_TYPES", "dump_skops", "load_skops"]

TRUSTED_TYPES = (
    "numpy.dtype",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.DotProduct",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.RationalQuadratic",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.metrics._dist_metrics.ChebyshevDistance64",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.metrics._dist_metrics.MinkowskiDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)
"""What scikit-learn's classifiers hold beyond the types that skops itself trusts."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


def dump_skops(estimator: Any, path: Path) -> None:
    """Write an estimator; memory addresses and times, which skops leaves in, are numbered and zeroed.

    Raises
    ------
    FivesigmaError
        If it holds a type that is not on the list, so that it could not be loaded.
    """
    from skops.io import dumps, get_untrusted_types

    forget_use(estimator)
    written = dumps(estimator)
    if strange := sorted(set(get_untrusted_types(data=written)) - set(TRUSTED_TYPES)):
        raise FivesigmaError(
            f"{type(estimator).__name__} cannot be stored: it holds {', '.join(strange)}, and a file of other types than"
            " scikit-learn's own could execute anything when it is loaded"
        )
    with (
        zipfile.ZipFile(io.BytesIO(written)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        numbers = _Numbers()
        schema = numbers.replaced(json.loads(source.read("schema.json")))
        target.writestr(zipfile.ZipInfo("schema.json", _EPOCH), json.dumps(schema), zipfile.ZIP_DEFLATED)
        for name, numbered in numbers.files.items():
            target.writestr(zipfile.ZipInfo(numbered, _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)


class _Numbers:
    """Numbers in place of memory addresses, in the order in which a schema names them.

    A plain value gets a number of its own each time: whether two equal floats are one object depends on whether the
    estimator came from another process, and no one can tell them apart when they are read.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self._of: dict[int, int] = {}
        self._count = itertools.count()

    def replaced(self, node: Any) -> Any:
        """Return a part of a schema with its addresses replaced."""
        if isinstance(node, list):
            return [self.replaced(item) for item in node]
        if not isinstance(node, dict):
            return node
        made = {key: self.replaced(value) for key, value in node.items() if key not in ("__id__", "file")}
        if "__id__" in node:
            plain = node.get("__loader__") in ("JsonNode", "TypeNode")
            made["__id__"] = next(self._count) if plain else self._number(node["__id__"])
        if "file" in node:
            made["file"] = self.files.setdefault(node["file"], f"{len(self.files)}{Path(node['file']).suffix}")
        return made

    def _number(self, address: int) -> int:
        if address not in self._of:
            self._of[address] = next(self._count)
        return self._of[address]


def load_skops(path: Path) -> Any:
    """Read an estimator.

    Raises
    ------
    DataError
        If the file is damaged, or holds a type that is not on the list.
    """
    from skops.io import load
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        estimator = load(path, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise DataError(f"{path}: refused, for it holds types that no model of ours does: {error}") from error
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, OSError) as error:
        raise DataError(f"{path}: not a readable model: {error}") from error
    require_sound_estimator(estimator, path)
    return estimator
