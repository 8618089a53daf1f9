from __future__ import annotations

from typing import Any

import pytest

from fivesigma.report.answer import answer, headline, setting, status

Run = tuple[dict[str, Any], dict[str, Any]]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def collisions(results: dict[str, Any]) -> None:
    del results["samples"]["pseudo"]
    results["samples"]["data"] = {"kind": "data", "events": 357, "yield": 357.0}


def test_pseudo_data_are_called_that(results: dict[str, Any], config: dict[str, Any]) -> None:
    results["findings"] = []
    assert status(results, config) == "pseudo-data"
    assert plain(answer(results, config)) == (
        "With 10 fb⁻¹ at 13 TeV, this search expects to exclude signal strengths above 0.42 (95 % CL, expected; "
        "±1σ: 0.30–0.60) and to reach a discovery significance of 4.3 σ for the predicted signal. "
        "Pseudo-data (simulated events, not collisions) give an observed limit of 0.45 "
        "and an observed significance of 4.6 σ."
    )


def test_collisions_are_observed(results: dict[str, Any], config: dict[str, Any]) -> None:
    results["findings"] = []
    collisions(results)
    assert status(results, config) == "observed"
    assert plain(answer(results, config)) == (
        "With 10 fb⁻¹ at 13 TeV, the data exclude signal strengths above 0.45 (95 % CL, observed; 0.42 expected, "
        "±1σ: 0.30–0.60) and show a significance of 4.6 σ (observed; 4.3 σ expected)."
    )


def test_a_deficit_is_no_excess(results: dict[str, Any], config: dict[str, Any]) -> None:
    results["inference"]["shape"]["z_observed"] = 0.0
    assert "an observed limit of" in answer(results, config)
    assert "and no excess." in answer(results, config)
    collisions(results)
    assert "and show no excess (observed; 4.3" in plain(answer(results, config)).replace("\N{NO-BREAK SPACE}", " ")


def test_blind_says_so_and_says_nothing_of_observed_numbers(blind: Run) -> None:
    assert status(*blind) == "blind"
    text = plain(answer(*blind))
    assert text.startswith("The signal region is blind: with 10 fb⁻¹ at 13 TeV, this search expects to exclude")
    assert "observed" not in text
    assert "seudo" not in text


def test_unblinding_shows_in_the_numbers_and_not_in_the_configuration(
    results: dict[str, Any], config: dict[str, Any]
) -> None:
    collisions(results)
    config["analysis"]["blind"] = True  # it stays so when --unblind is given
    assert status(results, config) == "observed"
    assert "blind" not in answer(results, config)


def test_a_blind_count_tells_yields_and_an_open_one_the_observed(blind: Run) -> None:
    results, config = blind
    del results["inference"]["shape"]
    expected = "In the region “window” 8.12 signal and 3.41 background events are expected"
    assert expected + "." in answer(results, config)
    results["inference"]["count"]["observed"] = 12
    assert expected + "; 12 are observed." in answer(results, config)
    results["samples"]["data"]["pseudo"] = True
    assert expected + "; 12 events of pseudo-data are observed." in answer(results, config)


def test_without_data_everything_is_expected(results: dict[str, Any], config: dict[str, Any], blind: Run) -> None:
    results["findings"] = []
    results, config = blind
    config["analysis"]["blind"] = False
    assert status(results, config) == "expected"
    assert answer(results, config).endswith("Observed values were not asked for.")
    del results["samples"]["data"]
    assert answer(results, config).endswith("There are no data in this analysis: every number is expected.")


def test_a_template_fit_goes_before_a_count_and_the_first_before_the_next(results: dict[str, Any]) -> None:
    entries = results["inference"]
    results["inference"] = {"count": entries["count"], "first": entries["shape"], "second": entries["shape"]}
    assert headline(results) == ("first", entries["shape"])
    results["inference"] = {"other": {"type": "unheard_of"}}
    assert headline(results) is None


@pytest.mark.parametrize("nothing", [{}, None])
def test_without_inference_the_models_speak(results: dict[str, Any], config: dict[str, Any], nothing: Any) -> None:
    results |= {"inference": nothing, "findings": []}
    text = plain(answer(results, config))
    assert text.startswith("No limit or significance was asked of this run.")
    assert (
        "“trees” tells signal from background with an AUC of 0.9127 ± 0.0014 (out of fold; the highest of 3 models)"
        in text
    )
    results["models"] = {}
    assert answer(results, config) == "No limit or significance was asked of this run."


@pytest.mark.parametrize("missing", ["limit_expected", "z_expected", "limit_observed", "z_observed"])
def test_one_number_missing_leaves_a_sentence(results: dict[str, Any], config: dict[str, Any], missing: str) -> None:
    for pseudo in (True, False):
        results["inference"]["shape"][missing] = None
        results["samples"]["pseudo"]["pseudo"] = pseudo
        text = answer(results, config)
        assert "None" not in text
        assert text.endswith(".")
        assert ("seudo-data" in text) == pseudo


def test_no_numbers_at_all(results: dict[str, Any], config: dict[str, Any]) -> None:
    results["inference"] = {"shape": {"type": "template_fit"}}
    assert "neither an expected limit nor an expected significance" in answer(results, config)


def test_luminosity_and_energy_as_far_as_they_are_known(results: dict[str, Any]) -> None:
    assert plain(setting({"analysis": {"luminosity": 11.6, "energy": 8}})) == "11.6 fb⁻¹ at 8 TeV"
    assert plain(setting({"analysis": {"luminosity": 11.6}})) == "11.6 fb⁻¹"
    assert plain(setting({"analysis": {"energy": 13.6}})) == "13.6 TeV"
    assert setting({}) == ""
    assert answer(results, {}).startswith("This search expects")


def test_an_answer_carries_what_speaks_against_it(results: dict[str, Any], config: dict[str, Any]) -> None:
    found = headline(results)
    assert found is not None
    others = [name for name in results["inference"] if name != found[0]]

    def finding(severity: str, subject: str) -> dict[str, Any]:
        return {"code": "poor-fit", "severity": severity, "subject": subject, "message": "m"}

    results["findings"] = [finding("warning", found[0]), finding("serious", others[0])]
    assert "quoted" not in answer(results, config)
    results["findings"] = [finding("serious", found[0])]
    assert "It should not be quoted: see the serious findings (poor-fit)." in answer(results, config)
    results["findings"] = [finding("serious", "zz")]  # a sample concerns every inference
    assert "should not be quoted" in answer(results, config)


@pytest.mark.parametrize("models", [True, False])
def test_what_speaks_against_it_ends_an_answer_without_inference_too(results: dict[str, Any], models: bool) -> None:
    results |= {"inference": None} | ({} if models else {"models": {}})
    results["findings"] = [{"code": "golden-feature", "severity": "serious", "subject": "y", "message": "m"}]
    assert answer(results, {}).endswith(". It should not be quoted: see the serious findings (golden-feature).")
    results["findings"][0]["severity"] = "warning"
    assert "quoted" not in answer(results, {})


def test_without_data_nothing_is_blind(blind: Run) -> None:
    results, config = blind
    results["samples"] = {name: sample for name, sample in results["samples"].items() if sample["kind"] != "data"}
    assert status(results, config) == "expected"


def test_without_a_luminosity_it_begins_with_the_energy(results: dict[str, Any], config: dict[str, Any]) -> None:
    del config["analysis"]["luminosity"]
    assert plain(answer(results, config)).startswith("At 13 TeV, this search expects")
