import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fivesigma.core.errors import DataError
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.threshold_yields import threshold_yields


def test_they_are_the_yields_of_the_figures_of_merit_sample_by_sample(make):
    dataset, scores = make(negative=0.1)
    above, merits = threshold_yields(dataset, scores), figures_of_merit(dataset, scores)
    assert_array_equal(above.cuts, merits.cuts)
    for kind, total, error in (
        ("signal", merits.signal, merits.signal_error),
        ("background", merits.background, merits.background_error),
    ):
        samples = [sample for sample in above.samples if sample.kind == kind]
        assert_allclose(sum(sample.total for sample in samples), total, atol=1e-9)
        assert_allclose(np.sqrt(sum(np.square(sample.error) for sample in samples)), error, atol=1e-9)


def test_raw_events_are_counted_one_by_one(make):
    dataset, scores = make()
    above = threshold_yields(dataset, scores)
    for sample in above.samples:
        mine = scores.value[dataset.of(sample.name)]
        assert sample.events == tuple(int(np.count_nonzero(mine >= cut)) for cut in above.cuts)


def test_data_are_among_them_only_when_asked_for(make):
    dataset, scores = make()
    assert "data" not in {sample.kind for sample in threshold_yields(dataset, scores).samples}
    seen = [sample for sample in threshold_yields(dataset, scores, show_data=True).samples if sample.kind == "data"]
    assert [sample.events[0] for sample in seen] == [100]


def test_scores_of_other_events_are_refused(make):
    dataset, scores = make()
    with pytest.raises(DataError, match="scores"):
        threshold_yields(dataset, scores.where(np.arange(len(scores)) > 0))
