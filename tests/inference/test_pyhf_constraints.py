import numpy as np
import pytest

from fivesigma.inference.pyhf_constraints import Constraints
from fivesigma.inference.pyhf_workspace import read_model


def test_gaussian_and_counted_measurements_are_told_apart(make_workspace) -> None:
    """10 ± 2 of a shapesys is a count of (10/2)² = 25; a normsys is measured to be 0 ± 1 (CERN-OPEN-2012-016 section 4)."""
    workspace = make_workspace([3.0], [10.0], [2.0])
    workspace["channels"][0]["samples"][0]["modifiers"].append(
        {"name": "scale", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}
    )
    model = read_model(workspace)
    constraints = Constraints(model)
    by_name = {model.config.par_names[index]: place for place, index in enumerate(constraints.index)}
    scale = by_name.pop("scale")
    (count,) = by_name.values()
    assert constraints.normal[[scale, count]].tolist() == [True, False]
    assert constraints.factor[[scale, count]] == pytest.approx([1.0, 25.0])
    assert constraints.width[[scale, count]] == pytest.approx([1.0, 1 / 5])
    assert constraints.nominal[[scale, count]] == pytest.approx([0.0, 25.0])
    expected = np.zeros((1, model.config.npars))
    expected[0, constraints.index[count]] = 25.0
    assert constraints.derivatives(model.config.npars) == pytest.approx(expected)
