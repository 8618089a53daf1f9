"""What is often quoted of the same events stands beside what the run says."""

from fivesigma.report.answer import answer, headline
from fivesigma.report.comparison import comparison_sentence

MERITS = {
    "s_over_sqrt_b": {"value": 4.1, "naive_value": 5.308},
    "asimov_z": {"value": 3.58, "naive_value": 3.9},
}
FIT = {"type": "mass_fit", "observable": "m", "stage": "cuts", "z": 2.68, "z_simulation": 1.15}


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_of_scores_the_best_cut_on_the_very_events():
    judged = {"judgement": {"trees": {"figures_of_merit": MERITS}, "single_cuts": {}}}
    for entry in (
        {"type": "counting", "model": "trees"},
        {"type": "template_fit", "observable": "m4l × trees"},
        {"type": "template_fit", "observable": "trees"},
    ):
        said = plain(comparison_sentence(entry, judged))
        assert said.startswith("Often quoted is the largest S/√B of “trees”, 5.3, ")
        assert said.endswith("has 3.6 σ.")


def test_nothing_is_compared_where_nothing_was_judged():
    entry = {"type": "template_fit", "observable": "m4l"}
    assert comparison_sentence(entry, {"judgement": {}}) == ""
    assert comparison_sentence(entry, {"judgement": {"trees": {"figures_of_merit": MERITS}}}) == ""
    without = {"trees": {"figures_of_merit": {"s_over_sqrt_b": {"naive_value": None}}}}
    assert comparison_sentence({"type": "counting", "model": "trees"}, {"judgement": without}) == ""
    assert comparison_sentence({"type": "strength_uncertainty"}, {}) == ""


def test_of_mass_fits_the_largest_weighted_chi2_beside_its_own_expectation():
    other = {**FIT, "stage": "network", "z": 2.59, "z_simulation": 3.89}
    failed = {**FIT, "stage": "rest", "z_simulation": None}
    said = plain(comparison_sentence(FIT, {"inference": {"a": FIT, "b": other, "c": failed}}))
    assert "up to 3.9 (in “network”, where 2.6 σ are expected of data)" in said
    assert comparison_sentence(failed, {"inference": {"c": failed}}) == ""


def test_of_a_scan_how_well_its_best_window_is_told():
    entry = {"type": "cwola_scan", "best": {"mass": 3500}, "trained": [{"mass": 3500, "auc": 0.5123}]}
    assert "an AUC of 0.512:" in comparison_sentence(entry, {})
    assert comparison_sentence({**entry, "best": None}, {}) == ""
    assert comparison_sentence({**entry, "trained": []}, {}) == ""  # of a model's score nothing was trained


def test_the_answer_ends_with_it(results, config):
    results["findings"] = []
    _, entry = headline(results)
    entry["observable"] = "m4l × trees"
    results["judgement"] = {"trees": {"figures_of_merit": MERITS}}
    assert plain(answer(results, config)).endswith("has 3.6 σ.")
