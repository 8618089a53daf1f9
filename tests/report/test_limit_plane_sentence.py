"""The sentence on a plane of limits names the points that are excluded where they are few."""

from fivesigma.report.limit_plane import plane_sentence


def plane(limits, names=("m_stop", "m_lsp")):
    points = [
        {
            "parameters": {name: 250.0 + 100 * place + 10 * number for number, name in enumerate(names)},
            "limit_expected": None if limit is None else [limit] * 5,
            "limit_observed": None,
        }
        for place, limit in enumerate(limits)
    ]
    return {"parameters": list(names), "points": points}


def test_few_points_are_named():
    told = plane_sentence(plane([0.5, 0.9, 1.2, None]), pseudo=False)
    assert told.startswith("2 of 3 signal points are expected to be excluded")
    assert told.endswith(" (m_stop, m_lsp = (250, 260), (350, 360)).")


def test_of_one_parameter_they_stand_without_brackets():
    assert plane_sentence(plane([0.5, 2.0], names=("m_med",)), pseudo=False).endswith(" (m_med = 250).")


def test_none_and_many_are_not():
    assert "m_stop" not in plane_sentence(plane([1.5, 2.0]), pseudo=False)
    assert "m_stop" not in plane_sentence(plane([0.5] * 7), pseudo=False)
