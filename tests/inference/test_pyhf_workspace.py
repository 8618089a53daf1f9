import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.pyhf_workspace import has_shapes, patched_workspace, read_model


def with_scale(make_workspace, high: float, low: float) -> dict:
    workspace = make_workspace([3.0], [10.0])
    scale = {"name": "scale", "type": "normsys", "data": {"hi": high, "lo": low}}
    workspace["channels"][0]["samples"][1].setdefault("modifiers", []).append(scale)
    return workspace


def test_a_normalisation_has_a_shape_only_where_its_sides_are_not_inverse(make_workspace) -> None:
    assert not has_shapes(with_scale(make_workspace, 1.25, 0.8))
    assert has_shapes(with_scale(make_workspace, 1.25, 0.81))


def test_a_patch_changes_a_copy(make_workspace) -> None:
    workspace = make_workspace([3.0], [10.0])
    place = "/channels/0/samples/0/data/0"
    patched = patched_workspace(workspace, [{"op": "replace", "path": place, "value": 4.0}])
    assert patched["channels"][0]["samples"][0]["data"] == [4.0]
    assert workspace["channels"][0]["samples"][0]["data"] == [3.0]
    with pytest.raises(FivesigmaError, match="the patch does not fit the workspace"):
        patched_workspace(workspace, [{"op": "replace", "path": "/channels/7/name", "value": "x"}])


def test_names_that_are_not_there_are_told(make_workspace) -> None:
    workspace = with_scale(make_workspace, 1.1, 0.9)
    with pytest.raises(FivesigmaError, match=r"no parameter 'scal'.*scale"):
        read_model(workspace, poi="scal")
    with pytest.raises(FivesigmaError, match="no measurement 'nothing'"):
        read_model(workspace, "nothing")
