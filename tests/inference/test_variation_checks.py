import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import score_bins
from fivesigma.inference.filling import templates
from fivesigma.inference.shapes import shape_effect
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.templates import Channel, Template, Templates, VariedStatistics
from fivesigma.inference.variation_checks import check_variations
from fivesigma.inference.workspace import build_workspace

ZZ = np.array([100.0, 50.0, 20.0, 40.0])
UP, DOWN = Variation("scale", "up"), Variation("scale", "down")


def made(up, down, error: float | None = None) -> Channel:
    variations = {UP: ZZ * up, DOWN: ZZ * down}
    known = (
        {} if error is None else {v: VariedStatistics(variances=(error * ZZ) ** 2, shared=0 * ZZ) for v in variations}
    )
    template = Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=ZZ,
        variances=0 * ZZ,
        variations=variations,
        statistics=known,
    )
    return Channel(name="sr", binning=score_bins(4), templates=(template,))


def found(channel: Channel, **options) -> list:
    systematic = ShapeSystematic(name="scale", **options)
    return list(check_variations(Templates(channels=(channel,)), [systematic], [], "fit"))


def test_up_and_down_on_one_side_are_found_in_total() -> None:
    (finding,) = found(made(1.05, 1.03))
    assert (finding.code, finding.severity, finding.subject) == ("variations-on-one-side", "warning", "sr/zz")
    assert "up and down of scale move the total to the same side, by +5 % and +3 %" in finding.message
    assert finding.evidence["up"] == pytest.approx(0.05)
    (finding,) = found(made(0.97, 0.96))
    assert "by -3 % and -4 %" in finding.message


def test_up_and_down_on_one_side_are_found_in_a_bin() -> None:
    (finding,) = found(made([1.05, 1.05, 1.05, 1.10], [0.95, 0.95, 0.95, 1.02]))
    assert "move 1 of 4 bins, first bin 4 (score 0.75 to 1) to the same side, by +10 % and +2 %" in finding.message
    assert finding.evidence["bins"] == 1


def test_two_sides_are_fine_and_so_is_what_errors_explain() -> None:
    assert found(made([1.05, 1.02, 0.9, 0.8], [0.95, 0.97, 1.05, 1.2])) == []
    assert found(made([1.05, 1.02, 0.9, 1.0005], [0.93, 0.97, 1.05, 1.0008])) == []
    crooked = [1.05, 1.05, 1.05, 1.10], [0.95, 0.95, 0.95, 1.02]
    assert [f.code for f in found(made(*crooked, error=0.009))] == ["variations-on-one-side"]
    assert "variations-on-one-side" not in {f.code for f in found(made(*crooked, error=0.011))}


def test_noise_of_samples_in_one_region_adds_up_before_it_is_squared() -> None:
    """Two halves of a background that shift alike narrow the parameter as the whole does; opposite ones not at all."""
    shift = np.array([1, -1, 1, -1]) * np.array([2.0, 2.0, 1.0, 1.0])

    def part(name: str, share: float, sign: float) -> Template:
        varied = {UP: share * ZZ + sign * shift, DOWN: share * ZZ - sign * shift}
        return Template(
            sample=SampleInfo(name=name, kind="background"),
            values=share * ZZ,
            variances=0 * ZZ,
            variations=varied,
            statistics={v: VariedStatistics(variances=0 * ZZ + 16, shared=0 * ZZ) for v in varied},
        )

    def both(sign: float) -> Channel:
        return Channel(name="sr", binning=score_bins(4), templates=(part("zz", 0.5, 1.0), part("top", 0.5, sign)))

    (finding,) = found(both(1.0))
    assert finding.code == "shape-is-noise"
    assert finding.evidence["parts"] == ["sr/zz", "sr/top"]
    assert finding.evidence["width"] == pytest.approx((1 + np.sum((2 * shift) ** 2 / ZZ)) ** -0.5)
    assert found(both(-1.0)) == []


def test_symmetrised_variations_are_half_their_difference() -> None:
    channel = made([1.10, 1.0, 1.0, 1.0], [1.04, 1.0, 1.0, 1.0])
    systematic = ShapeSystematic(name="scale", symmetrise=True)
    effect = shape_effect(channel, channel.templates[0], systematic)
    assert effect.factor_up * effect.factor_down == pytest.approx(1)
    assert effect.factor_up == pytest.approx(np.sqrt(220 / 214))
    assert effect.up + effect.down == pytest.approx(2 * ZZ)
    assert effect.up - ZZ == pytest.approx((ZZ * [1.1, 1, 1, 1] * 210 / 220 - ZZ * [1.04, 1, 1, 1] * 210 / 214) / 2)
    (finding,) = found(channel, symmetrise=True)
    assert finding.severity == "info"
    assert "half their difference is taken, less than either does" in finding.message


def test_symmetrising_what_is_symmetric_changes_nothing() -> None:
    channel = made(np.array([1.1, 1, 0.9, 0.85]), 1.0)
    up, nominal = channel.templates[0].variations[UP], ZZ
    factor = up.sum() / nominal.sum()
    mirrored = (2 * nominal - up / factor) / factor
    both = made(up / nominal, mirrored / nominal)
    plain, even = (
        shape_effect(both, both.templates[0], ShapeSystematic(name="scale", symmetrise=how)) for how in (False, True)
    )
    assert (even.factor_up, even.factor_down) == pytest.approx((plain.factor_up, plain.factor_down))
    assert even.up == pytest.approx(plain.up)
    assert even.down == pytest.approx(plain.down)


def test_what_one_period_leaves_uncertain_moves_its_part_of_the_yield() -> None:
    """Half of the events are of a period whose luminosity is known to 6 %: the yield is uncertain by 3 %, its shape by next to nothing."""
    rng, n = np.random.default_rng(1), 40_000
    score, second, signal = rng.uniform(0, 1, n), rng.random(n) < 0.5, np.arange(n) < n // 4
    dataset = Dataset(
        X=np.zeros((n, 1), dtype=np.float32),
        inputs=("x",),
        observables={"score": np.where(signal, np.sqrt(score), score)},
        weight=np.where(signal, 100, 1000) / np.where(signal, n // 4, n - n // 4),
        id=np.arange(n, dtype=np.uint64),
        sample=np.where(signal, 0, 1).astype(np.int16),
        samples=(SampleInfo(name="higgs", kind="signal"), SampleInfo(name="zz", kind="background")),
    )
    labels = {"up": 1.06, "down": 1 / 1.06}
    weights = {
        Variation("luminosity_2", label): np.where(second, factor, 1.0) * dataset.weight
        for label, factor in labels.items()
    }
    filled = templates(
        dataset, dataset.observables["score"], bins=np.linspace(0, 1, 11), floor=0, observed=False, weights=weights
    )
    systematic = ShapeSystematic(name="luminosity_2")
    assert list(check_variations(filled, [systematic], ["higgs"], "fit")) == []
    for sample in build_workspace(filled, [systematic], ["higgs"])["channels"][0]["samples"]:
        (total,) = (m["data"] for m in sample["modifiers"] if m["type"] == "normsys")
        assert total["hi"] == pytest.approx(1.03, abs=1e-3)
        (shape,) = (m["data"] for m in sample["modifiers"] if m["type"] == "histosys")
        assert np.abs(np.array(shape["hi_data"]) / sample["data"] - 1).max() < 3e-3
    result, rate = (fit_templates(filled, [one]) for one in (systematic, Normalisation(name="luminosity_2", size=0.03)))
    assert result.breakdown["luminosity_2"] == pytest.approx(rate.breakdown["luminosity_2"], rel=0.02)
    assert result.limit_expected == pytest.approx(rate.limit_expected, rel=0.01)
