import numpy as np
import pytest

from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.workspace import build_workspace
from fivesigma.inference.yields import prefit_covariance, yields

SIGNAL, BACKGROUND = np.array([2.0, 6.0]), np.array([100.0, 50.0])


@pytest.fixture
def made() -> Templates:
    parts = (
        Template(sample=SampleInfo(name="higgs", kind="signal"), values=SIGNAL, variances=0.01 * SIGNAL),
        Template(sample=SampleInfo(name="zz", kind="background"), values=BACKGROUND, variances=0.04 * BACKGROUND),
    )
    return Templates(channels=(Channel(name="sr", binning=score_bins(2), templates=parts),))


def test_errors_are_propagated_for_the_sum_and_for_the_background(made: Templates) -> None:
    systematics = [Normalisation(name="rate", size=0.1, samples=("zz",))]
    model = PyhfModel(build_workspace(made, systematics, ["higgs"]))
    (result,) = yields(model, made, ["higgs"], model.nominal, prefit_covariance(model), postfit=False)
    simulated = 0.01 * SIGNAL + 0.04 * BACKGROUND
    rate = np.log(1.1) * BACKGROUND
    assert result.error == pytest.approx(np.sqrt(rate**2 + simulated), rel=1e-3)
    assert result.background_error == pytest.approx(np.sqrt(rate**2 + 0.04 * BACKGROUND), rel=1e-3)
    assert result.total_error == pytest.approx(np.sqrt(rate.sum() ** 2 + simulated.sum()), rel=1e-3)
    assert result.strength == 1.0
    assert result.observed is None


def test_the_strength_scales_the_signal_alone(made: Templates) -> None:
    model = PyhfModel(build_workspace(made, [], ["higgs"]))
    values = model.nominal.copy()
    values[model.poi] = 2.5
    (result,) = yields(model, made, ["higgs"], values, prefit_covariance(model), postfit=True)
    assert result.signal == pytest.approx(2.5 * SIGNAL)
    assert result.background == pytest.approx(BACKGROUND)
    assert result.total == pytest.approx(2.5 * SIGNAL + BACKGROUND)
    assert [sample.name for sample in result.samples] == ["higgs", "zz"]
