import numpy as np

from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.anomaly.views import WindowTraining

CONTEXT = Context(label="simulation", energy=13)


def view(auc: list[float], loss: list[float], masses: list[float], best: float | None) -> WindowTraining:
    at = np.array(masses)
    return WindowTraining(
        title="$m_{jj}$ [GeV]",
        hypotheses=at,
        range=(at[0] - 200, at[-1] + 200),
        auc_mass=at[: len(auc)],
        auc=np.array(auc),
        loss_mass=at[: len(loss)],
        loss=np.array(loss),
        best=best,
    )


def drawn(result: WindowTraining):
    figure = plot(result, context=CONTEXT)
    figure.draw_without_rendering()
    return figure.axes, [text.get_text() for text in figure.legends[0].get_texts()]


def test_auc_and_loss_in_panels_of_their_own() -> None:
    (upper, lower), labels = drawn(view([0.51, 0.52, 0.5], [0.69, 0.7, 0.68], [3000, 3200, 3400], 3200))
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("AUC of window\nagainst sidebands", "loss in validation")
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), [0.51, 0.52, 0.5])
    np.testing.assert_array_equal(lower.lines[0].get_ydata(), [0.69, 0.7, 0.68])
    for axes, value in ((upper, 0.52), (lower, 0.7)):
        assert (list(axes.lines[1].get_xdata()), list(axes.lines[1].get_ydata())) == ([3200], [value])
    assert labels == ["window", "best: 3200 GeV", "0.5: nothing learnt"]
    assert list(upper.lines[2].get_ydata()) == [0.5, 0.5]
    assert lower.get_xlabel() == "$m_{jj}$ [GeV]"


def test_half_is_on_the_page_however_well_windows_are_told_apart() -> None:
    for auc in ([0.9, 0.95], [0.2, 0.3]):
        (upper, _), _ = drawn(view(auc, [1.0, 1.0], [3000, 3200], 3000))
        low, high = upper.get_ylim()
        assert low < 0.5 < high


def test_without_losses_there_is_one_panel() -> None:
    (axes,), labels = drawn(view([0.51], [], [3000, 3200], 3000))
    assert axes.get_xlabel() == "$m_{jj}$ [GeV]"
    assert "not looked at" in labels  # the window without an AUC
    assert np.isnan(axes.lines[0].get_ydata()[1])


def test_without_aucs_there_is_no_line_at_half() -> None:
    (axes,), labels = drawn(view([], [0.1], [3000], None))
    assert (axes.get_ylabel(), labels) == ("loss in validation", ["window"])
