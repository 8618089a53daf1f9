from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Workers
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.limit_plane import LimitPlane, SignalPoint
from fivesigma.inference.signal_grid import fit_point, limit_plane
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.templates import Channel, Template, Templates

BACKGROUND = [400.0, 120.0, 40.0]
SIGNALS = {"light": [4.0, 10.0, 25.0], "heavy": [1.0, 2.0, 9.0], "gone": [4e-9, 1e-8, 2.5e-8]}
SYSTEMATICS = (
    Normalisation(name="luminosity", size=0.026),
    Normalisation(name="heavy_rate", size=0.2, samples=("heavy",)),
    Normalisation(name="rate", size=0.1, samples=("light", "heavy", "zz")),
)


def template(name: str, kind: str, values: list[float]) -> Template:
    array = np.asarray(values)
    return Template(sample=SampleInfo(name=name, kind=kind), values=array, variances=np.square(array) / 500)


def made(*names: str, observed: list[float] | None = None) -> Templates:
    parts = (*(template(name, "signal", SIGNALS[name]) for name in names), template("zz", "background", BACKGROUND))
    seen = None if observed is None else np.asarray(observed)
    return Templates(channels=(Channel(name="sr", binning=score_bins(3), templates=parts, observed=seen),))


def point(name: str, mass: float, cross_section: float | None = None) -> SignalPoint:
    return SignalPoint(parameters={"mass": mass}, signal=(name,), cross_section=cross_section)


POINTS = (point("light", 100, 0.5), point("heavy", 300))


def test_each_point_is_fitted_as_if_there_were_no_others() -> None:
    plane = limit_plane(made("light", "heavy", observed=[410, 118, 45]), POINTS, SYSTEMATICS)
    alone = {
        "light": (SYSTEMATICS[0], replace(SYSTEMATICS[2], samples=("light", "zz"))),
        "heavy": (*SYSTEMATICS[:2], replace(SYSTEMATICS[2], samples=("heavy", "zz"))),
    }
    for of_plane, (name, moving) in zip(plane.points, alone.items(), strict=True):
        result = fit_templates(made(name, observed=[410, 118, 45]), moving)
        assert of_plane.limit_expected == result.limit_expected
        assert of_plane.limit_observed == result.limit_observed
        assert of_plane.result.workspace == result.workspace
    assert plane.findings == ()


def test_a_cross_section_makes_limits_in_picobarn() -> None:
    plane = limit_plane(made("light", "heavy", observed=[400, 120, 40]), POINTS)
    light, heavy = plane.points
    assert light.cross_section_limit.expected == pytest.approx(0.5 * np.asarray(light.limit_expected))
    assert light.cross_section_limit.observed == pytest.approx(0.5 * light.limit_observed)
    assert heavy.cross_section_limit is None
    assert light.excluded is light.expects_exclusion is True
    assert heavy.excluded is heavy.expects_exclusion is False
    blind = fit_point(made("light"), POINTS[0])
    assert blind.limit_observed is blind.excluded is blind.cross_section_limit.observed is None


def test_the_table_holds_the_limits_alone() -> None:
    plane = limit_plane(made("light", "heavy"), POINTS, name="masses", titles={"mass": "m [GeV]"})
    table = plane.table
    assert (table.name, table.parameters, table.titles) == ("masses", ("mass",), {"mass": "m [GeV]"})
    assert [row.parameters["mass"] for row in table.points] == [100, 300]
    assert [row.limit_expected for row in table.points] == [p.limit_expected for p in plane.points]


def test_a_point_that_fails_says_why_and_the_others_stand() -> None:
    plane = limit_plane(made("light", "gone"), (POINTS[0], point("gone", 900, 1.0)), name="masses")
    light, gone = plane.points
    assert light.result is not None
    assert gone.result is gone.limit_expected is gone.cross_section_limit is gone.expects_exclusion is None
    assert "no signal strength below 1e+09 is excluded" in gone.failure
    (finding,) = plane.findings
    assert (finding.code, finding.severity, finding.subject) == (
        "point-without-limit",
        "warning",
        "masses (mass = 900)",
    )
    assert "no signal strength below 1e+09 is excluded" in finding.message
    alone = limit_plane(made("gone"), (point("gone", 900),))
    assert [finding.severity for finding in alone.findings] == ["serious"]


def test_what_all_points_find_is_said_once() -> None:
    few = made("light", "heavy")
    poor = replace(template("zz", "background", BACKGROUND), variances=np.square(BACKGROUND) / 5)
    channel = replace(few.channels[0], templates=(*few.channels[0].templates[:2], poor))
    plane = limit_plane(Templates(channels=(channel,)), POINTS)
    assert [finding.code for finding in plane.findings] == ["few-background-events"]


def test_the_number_of_workers_changes_nothing() -> None:
    one = limit_plane(made("light", "heavy"), POINTS, SYSTEMATICS)
    with Workers(2) as workers:
        two = limit_plane(made("light", "heavy"), POINTS, SYSTEMATICS, workers=workers)
    assert [p.limit_expected for p in one.points] == [p.limit_expected for p in two.points]


@pytest.mark.parametrize(
    ("points", "match"),
    [
        ((), "needs a point at least"),
        ((POINTS[0], SignalPoint(parameters={"m": 1}, signal=("heavy",))), "different parameters: mass = 100; m = 1"),
        ((POINTS[0], point("heavy", 100)), "two points at mass = 100: light and heavy"),
        ((point("hevy", 100),), r"no signal sample 'hevy'; did you mean heavy\?"),
        ((point("zz", 100),), "no signal sample 'zz'"),
    ],
)
def test_grids_that_make_no_sense_are_refused(points, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        limit_plane(made("light", "heavy"), points)


def test_a_systematic_of_an_unknown_sample_stops_the_plane() -> None:
    with pytest.raises(FivesigmaError, match=r"no sample 'hevy'; did you mean heavy\?"):
        limit_plane(made("light", "heavy"), POINTS, [Normalisation(name="rate", size=0.1, samples=("hevy",))])


@pytest.mark.parametrize("cross_section", [0.0, -1.0, float("nan"), float("inf")])
def test_a_cross_section_that_is_none_is_refused(cross_section: float) -> None:
    with pytest.raises(FivesigmaError, match="mass = 100: the cross-section must be above zero"):
        point("light", 100, cross_section)


def test_a_plane_has_one_level() -> None:
    points = (fit_point(made("light"), POINTS[0], level=0.9), fit_point(made("heavy"), POINTS[1]))
    with pytest.raises(FivesigmaError, match=r"the limit at mass = 100 has level 0\.9, not 0\.95"):
        LimitPlane(name="masses", points=points)


def test_signals_that_a_fit_leaves_out_are_named() -> None:
    (finding,) = fit_templates(made("light", "heavy"), signal=["light"]).findings
    assert (finding.code, finding.severity) == ("signal-left-out", "info")
    assert finding.evidence == {"samples": ["heavy"]}
    assert fit_templates(made("light", "heavy")).findings == ()
