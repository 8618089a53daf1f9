"""One analysis with every kind of systematic: its yields computed by hand from the files, after every cut, in every bin."""

import json
import shutil
from itertools import pairwise

import awkward as ak
import numpy as np
import pytest
import uproot
from safetensors.numpy import load_file, save_file

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inferring import infer_one
from fivesigma.analysis.run import run_analysis
from fivesigma.analysis.stages import Stages
from fivesigma.core.errors import DataError
from fivesigma.core.identity import fold_of, ids_from_columns
from fivesigma.core.sample import NOMINAL, Variation
from fivesigma.inference.histograms import to_uhi
from fivesigma.learning.storage import load_model

COUNTS = {"sig": 500, "zz_a": 500, "zz_b": 300, "tt": 400, "tt_other": 500, "data": 200}
FOLDS, SEED, LUMINOSITY = 2, 7, 10.0
EDGES = [102.0, 112.0, 125.0, 135.0, 148.0]
CUTS = {"low": "mass > 102", "jets": "count(jet_pt > 25) >= 1 and jet_pt[0] < 150", "high": "mass < 148"}
ZZ = {"zz_a": (0.004, 1.5, "files"), "zz_b": (0.002, 1.0, 123.0)}
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "toy", "luminosity": LUMINOSITY, "energy": 13.0, "seed": SEED},
    "samples": {
        "sig": {"kind": "signal", "files": "sig.root", "weight": "0.05 * sf * gen"},
        "zz": {
            "kind": "background",
            "weight": "sf",
            "generator_weight": "gen",
            "skimmed": True,
            "parts": {
                name: {"files": f"{name}.root", "cross_section": sigma, "k_factor": factor, "sum_of_weights": total}
                for name, (sigma, factor, total) in ZZ.items()
            },
        },
        "tt": {
            "kind": "background",
            "use": "nominal",
            "weight": "0.1 * sf",
            "alternatives": {"nominal": {"files": "tt.root"}, "other": {"files": "tt_other.root"}},
        },
        "data": {"kind": "data", "files": "data.root", "pseudo": True},
    },
    "events": {"select": CUTS},
    "features": {"inputs": {"a": "x", "b": "sum(jet_pt)"}, "observables": {"m": "mass"}},
    "models": {"forest": {"use": "random_forest", "n_estimators": 5, "max_depth": 4}},
    "training": {"folds": FOLDS},
    "regions": {
        "window": {"kind": "signal", "select": "112 < m < 135"},
        "hard": {"kind": "control", "select": "m < 110 and b > 60"},
    },
    "systematics": {
        "luminosity": {"type": "normalisation", "size": 0.02},
        "pileup": {"type": "weight", "up": "sf * pu", "down": "sf / pu", "samples": ["zz"], "group": "weights"},
        "scale": {"type": "shift", "up": {"jet_pt": "jet_pt * 1.1"}, "down": {"jet_pt": "jet_pt / 1.1"}},
        "smear": {"type": "shift", "up": {"mass": "mass + 3 * x"}, "samples": ["sig", "tt"]},
        "nothing": {"type": "shift", "up": {"jet_pt": "jet_pt * 1", "mass": "mass + 0"}},
        "generator": {"type": "alternative", "sample": "tt", "use": "other"},
    },
    "inference": {
        "mass": {"type": "template_fit", "observable": "m", "bins": EDGES, "floor": 1},
        "score": {"type": "template_fit", "observable": "forest", "regions": ["window", "hard"], "bins": 3, "floor": 1},
    },
}


def write(folder, name, place):
    """Write a ROOT file with jets as lists, and generator weights of both signs."""
    generator = np.random.default_rng([3, place])
    count = COUNTS[name]
    signal = name == "sig"
    jets = generator.poisson(1.5, count)
    columns = {
        "event": np.arange(count) + 10_000 * place,
        "x": generator.normal(1.0 * signal, 1, count),
        "mass": generator.normal(125, 3, count) if signal else generator.uniform(100, 150, count),
        "gen": generator.choice([-1.0, 2.0], count, p=[0.15, 0.85]),
        "sf": generator.uniform(0.8, 1.2, count),
        "pu": generator.uniform(0.9, 1.3, count),
    }
    pt = generator.exponential(30 + 20 * signal, jets.sum())
    with uproot.recreate(folder / f"{name}.root") as file:
        file.mktree("Events", {**{key: column.dtype for key, column in columns.items()}, "jet_pt": "var * float64"})
        file["Events"].extend({**columns, "jet_pt": ak.unflatten(pt, jets)})


class Books:
    """What is in the files, and what a physicist would compute from it."""

    def __init__(self, folder):
        self.events = {name: uproot.open(f"{folder}/{name}.root:Events").arrays() for name in COUNTS}

    def read(self, name, *, pileup=0, scale=1.0, smear=0.0):
        """Return the columns of a file and its weights, as a systematic has them."""
        events = self.events[name]
        columns = {key: ak.to_numpy(events[key]) for key in ("event", "x", "mass", "gen", "sf", "pu")}
        columns["mass"] = columns["mass"] + smear * columns["x"]
        columns["jets"] = events["jet_pt"] * scale
        columns["ht"] = ak.to_numpy(ak.sum(columns["jets"], axis=1))
        sf = columns["sf"] * columns["pu"] ** pileup
        if name == "sig":
            columns["w"] = 0.05 * sf * columns["gen"]
        elif name in ZZ:
            sigma, factor, total = ZZ[name]
            total = columns["gen"].sum() if total == "files" else total
            columns["w"] = LUMINOSITY * 1000 * sigma * factor / total * columns["gen"] * sf
        else:
            columns["w"] = np.ones(len(sf)) if name == "data" else 0.1 * sf
        return columns

    def sample(self, name, **how):
        """Return the events of a sample after each cut, a list of columns by name without the lists."""
        other = how.pop("other", False)
        files = {"zz": list(ZZ), "tt": ["tt_other" if other else "tt"]}.get(name, [name])
        read = [self.read(file, **how) for file in files]
        steps = [np.ones(sum(len(part["w"]) for part in read), dtype=bool)]
        together = {key: np.concatenate([part[key] for part in read]) for key in read[0] if key != "jets"}
        jets = ak.concatenate([part["jets"] for part in read])
        leading = ak.to_numpy(ak.fill_none(ak.firsts(jets), np.inf))
        hard = ak.to_numpy(ak.sum(jets > 25, axis=1)) >= 1
        for passed in (together["mass"] > 102, hard & (leading < 150), together["mass"] < 148):
            steps.append(steps[-1] & passed)
        return [{key: column[mask] for key, column in together.items()} for mask in steps]


def close(made, weight):
    """Compare a sum with the weights that it is of, to one part in 10¹² of their sizes."""
    return abs(made - weight.sum()) <= 1e-12 * np.abs(weight).sum()


VARIED = {
    "pileup.up": {"pileup": 1},
    "pileup.down": {"pileup": -1},
    "scale.up": {"scale": 1.1},
    "scale.down": {"scale": 1 / 1.1},
    "smear.up": {"smear": 3.0},
    "nothing.up": {},
    "generator.up": {"other": True},
}
MOVED = {"pileup": ["zz"], "smear": ["sig", "tt"], "generator": ["tt"]}
SIMULATED = ["sig", "zz", "tt"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("varied")
    for place, name in enumerate(COUNTS):
        write(made, name, place)
    (made / "toy.yaml").write_text(json.dumps(CONFIGURATION))
    return made


@pytest.fixture(scope="module")
def books(folder):
    return Books(folder)


@pytest.fixture(scope="module")
def run(folder):
    """The directory of the analysis after training; what is judged and drawn from there on takes longer than all of it."""
    return run_analysis(folder / "toy.yaml", folder / "run", until="models").directory


@pytest.fixture(scope="module")
def told(run):
    """What is said of the events, as ``results.json`` has it."""
    return json.loads((run / "stages/events.json").read_text())["value"]


@pytest.fixture(scope="module")
def fits(run, folder):
    """The fits by name, from the files of the run."""
    directory = RunDirectory(run)
    config = load_resolved(folder / "toy.yaml", folder)
    events = Stages(directory=directory).recorded("events")
    return {name: infer_one(InferenceItem(name, directory, events, config, False), {}) for name in config.inference}


@pytest.fixture(scope="module")
def templates(fits):
    """Every template by fit, region, sample and variation, as a run writes them."""
    return {name: to_uhi(fit.templates) for name, fit in fits.items()}


def filled(templates, fit, path):
    return np.array(templates[fit][path]["storage"]["values"])


def in_region(columns, region):
    if region == "all":
        return np.ones(len(columns["w"]), dtype=bool)
    if region == "window":
        return (columns["mass"] > 112) & (columns["mass"] < 135)
    return (columns["mass"] < 110) & (columns["ht"].astype(np.float32) > 60)


class TestYields:
    @pytest.mark.parametrize("name", [*SIMULATED, "data"])
    def test_after_every_cut(self, run, books, name):
        rows = json.loads((run / "cutflow.json").read_text())[name]
        steps = books.sample(name)
        assert [row["step"] for row in rows] == ["read", *CUTS]
        for row, columns in zip(rows, steps, strict=True):
            assert row["events"] == len(columns["w"])
            assert close(row["total"], columns["w"])
            assert row["error"] == pytest.approx(np.sqrt(np.square(columns["w"]).sum()), rel=1e-12)

    @pytest.mark.parametrize("name", [*SIMULATED, "data"])
    def test_of_each_sample(self, told, books, name):
        weight = books.sample(name)[-1]["w"]
        made = told["samples"][name]
        assert made["events"] == len(weight)
        assert close(made["yield"], weight)
        assert made["yield_error"] == pytest.approx(np.sqrt(np.square(weight).sum()), rel=1e-12)
        assert made["effective_events"] == pytest.approx(weight.sum() ** 2 / np.square(weight).sum(), rel=1e-9)
        negative = -weight[weight < 0].sum() / np.abs(weight).sum()
        assert made["negative_weight_fraction"] == pytest.approx(negative, rel=1e-12)
        assert (negative > 0.01) == (name in ("sig", "zz"))

    def test_of_each_variation(self, told, books):
        assert set(told["variations"]) == set(VARIED)
        for key, how in VARIED.items():
            moved = MOVED.get(key.partition(".")[0], SIMULATED)
            assert set(told["variations"][key]) == set(moved)
            for name in moved:
                assert close(told["variations"][key][name], books.sample(name, **how)[-1]["w"]), (key, name)

    @pytest.mark.parametrize("name", [*SIMULATED, "data"])
    def test_in_every_bin(self, templates, books, name):
        columns = books.sample(name)[-1]
        values = filled(templates, "mass", f"all/{name}")
        for place, (low, high) in enumerate(pairwise(EDGES)):
            assert close(values[place], columns["w"][(columns["mass"] >= low) & (columns["mass"] < high)])

    @pytest.mark.parametrize("key", VARIED)
    @pytest.mark.parametrize("name", SIMULATED)
    def test_in_every_bin_as_varied(self, templates, books, key, name):
        systematic, label = key.split(".")
        moved = name in MOVED.get(systematic, SIMULATED)
        columns = books.sample(name, **(VARIED[key] if moved else {}))[-1]
        path = f"all/{name}/{systematic}/{label}"
        if not moved and systematic != "pileup":
            assert path not in templates["mass"]
            return
        values = filled(templates, "mass", path)
        mass = np.clip(columns["mass"], EDGES[0], np.nextafter(EDGES[-1], 0))
        for place, (low, high) in enumerate(pairwise(EDGES)):
            assert close(values[place], columns["w"][(mass >= low) & (mass < high)])

    @pytest.mark.parametrize("region", ["window", "hard"])
    @pytest.mark.parametrize("name", SIMULATED)
    def test_in_every_region_of_a_score(self, templates, books, region, name):
        columns = books.sample(name)[-1]
        assert close(filled(templates, "score", f"{region}/{name}").sum(), columns["w"][in_region(columns, region)])
        for key, how in VARIED.items():
            systematic, label = key.split(".")
            if name in MOVED.get(systematic, SIMULATED):
                varied = books.sample(name, **how)[-1]
                values = filled(templates, "score", f"{region}/{name}/{systematic}/{label}")
                assert close(values.sum(), varied["w"][in_region(varied, region)]), key

    def test_the_shift_moves_something_everywhere(self, books):
        """The comparisons above would pass if nothing was shifted at all."""
        columns = ("event", "mass", "ht", "w")
        for key, how in VARIED.items():
            for name in MOVED.get(key.partition(".")[0], SIMULATED):
                nominal, varied = books.sample(name)[-1], books.sample(name, **how)[-1]
                same = all(np.array_equal(nominal[column], varied[column]) for column in columns)
                assert same == (key == "nothing.up"), (key, name)


class TestScores:
    @pytest.mark.parametrize("key", ["scale.up", "scale.down", "generator.up"])
    def test_are_made_by_the_estimator_of_the_events_own_fold(self, run, books, key):
        """The identifier is that of the nominal event, and so is the fold; estimator and inputs give the score."""
        systematic, label = key.split(".")
        moved = MOVED.get(systematic, SIMULATED)
        model = load_model(run / "models/forest")
        written = load_file(run / f"scores/forest-{systematic}-{label}.safetensors")
        columns = [books.sample(name, **VARIED[key])[-1] for name in moved]
        event = np.concatenate([part["event"] for part in columns])
        ids = ids_from_columns([event])
        np.testing.assert_array_equal(written["id"], ids)
        fold = fold_of(ids, seed=SEED, folds=FOLDS)
        np.testing.assert_array_equal(written["fold"], fold)
        X = np.stack([np.concatenate([part[name] for part in columns]) for name in ("x", "ht")], axis=1).astype(
            np.float32
        )
        for j, fit in enumerate(model.fits):
            np.testing.assert_array_equal(written["raw"][fold == j], fit.score(X[fold == j]))
        assert not np.array_equal(model.fits[0].score(X), model.fits[1].score(X))

    def test_of_an_event_that_stays_the_same_are_the_same(self, run, books):
        nominal, shifted = (load_file(run / f"scores/forest{which}.safetensors") for which in ("", "-nothing-up"))
        simulated = np.isin(nominal["id"], shifted["id"])
        np.testing.assert_array_equal(nominal["id"][simulated], shifted["id"])
        for key in ("raw", "value", "fold"):
            np.testing.assert_array_equal(nominal[key][simulated], shifted[key])

    def test_of_a_shifted_input_differ(self, run):
        nominal, shifted = (load_file(run / f"scores/forest{which}.safetensors") for which in ("", "-scale-up"))
        _, one, two = np.intersect1d(nominal["id"], shifted["id"], return_indices=True)
        assert np.count_nonzero(nominal["raw"][one] != shifted["raw"][two]) > 50
        np.testing.assert_array_equal(nominal["fold"][one], shifted["fold"][two])


class TestFit:
    @pytest.mark.parametrize("name", ["mass", "score"])
    def test_every_systematic_is_in_the_breakdown_but_that_which_does_nothing(self, fits, name):
        result = fits[name].result
        assert {"luminosity", "weights", "scale", "smear", "generator"} <= set(result.breakdown)
        assert "nothing" not in result.breakdown
        (pruned,) = [finding for finding in result.findings if finding.code == "systematic-pruned"]
        assert "nothing" in f"{pruned.subject} {pruned.message}"

    def test_one_that_does_nothing_changes_no_template(self, templates):
        for fit, regions in (("mass", ["all"]), ("score", ["window", "hard"])):
            for region in regions:
                for name in SIMULATED:
                    nominal = filled(templates, fit, f"{region}/{name}")
                    np.testing.assert_array_equal(filled(templates, fit, f"{region}/{name}/nothing/up"), nominal)

    def test_each_moves_its_own_samples(self, fits):
        samples = fits["mass"].result.workspace["channels"][0]["samples"]
        moved = {sample["name"]: " ".join(modifier["name"] for modifier in sample["modifiers"]) for sample in samples}
        for systematic, names in MOVED.items():
            assert {name for name in SIMULATED if systematic in moved[name]} == set(names)


def changed(folder, name, **changes):
    """Write the configuration with some of its parts replaced, and return its path."""
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({**CONFIGURATION, **changes}))
    return path


class TestReading:
    def test_nothing_is_varied_where_no_fit_asks(self, folder):
        """The columns of the variations are not even read: they need not be there."""
        count = {"count": {"type": "counting", "region": "window"}}
        systematics = {
            **CONFIGURATION["systematics"],
            "pileup": {"type": "weight", "up": "not_there", "samples": ["zz"]},
            "scale": {"type": "shift", "up": {"not_there_either": "2"}},
        }
        path = changed(folder, "count", inference=count, systematics=systematics)
        run = run_analysis(path, folder / "count", until="events").directory
        assert sorted(p.name for p in (run / "events").iterdir()) == ["dataset.safetensors"]
        assert json.loads((run / "stages/events.json").read_text())["value"]["variations"] == {}

    @pytest.mark.parametrize(
        ("systematic", "says"),
        [
            ({"type": "weight", "up": "put"}, r"sig\.root: no column 'put'; did you mean pu"),
            (
                {"type": "shift", "up": {"jet_ptt": "jet_ptt * 2"}},
                r"sig\.root: no column 'jet_ptt'; did you mean jet_pt",
            ),
            (
                {"type": "shift", "up": {"jet_ptt": "jet_pt * 2"}},
                r"sig\.root: no column 'jet_ptt'; did you mean jet_pt",
            ),
            (
                {"type": "shift", "up": {"mass": "log(mass - 120)"}},
                r"'m' \(mass, mass shifted to log\(mass - 120\)\) is NaN or infinite",
            ),
            ({"type": "weight", "up": "log(mass - 120)"}, "weight of wrong up is NaN or infinite"),
        ],
    )
    def test_what_cannot_be_varied_is_told(self, folder, systematic, says):
        # no cuts: an event that is no number would fall to them
        path = changed(folder, "wrong", systematics={"wrong": systematic}, events={})
        with pytest.raises(DataError, match=says):
            run_analysis(path, folder / "wrong", until="events")


@pytest.fixture(scope="module")
def path(folder):
    return changed(folder, "damaged", models={}, inference={"mass": CONFIGURATION["inference"]["mass"]})


@pytest.fixture(scope="module")
def read(path, folder):
    """A run that has read its events."""
    return run_analysis(path, folder / "damaged", until="events").directory


class TestDamage:
    def harmed(self, read, folder, file, harm):
        """Return a copy of the run in which the arrays of a file were changed, but not their size."""
        shutil.copytree(read, folder / "copy")
        place = folder / f"copy/events/{file}.safetensors"
        arrays, size = load_file(place), place.stat().st_size
        harm(arrays)
        save_file(arrays, place)
        assert place.stat().st_size == size
        return folder / "copy"

    @pytest.mark.parametrize(
        ("variation", "array", "says"),
        [
            (NOMINAL, "weight", "sample 'sig': the weights sum to .*, the cutflow ended with"),
            (NOMINAL, "weight.pileup.up", "sample 'zz': the weights sum to .*, those of pileup up were read as"),
            (Variation("scale", "down"), "weight", "sample 'sig': .*, those of scale down were read as"),
            (Variation("generator", "up"), "weight", "sample 'tt': .*, those of generator up were read as"),
        ],
    )
    def test_a_weight_that_was_changed_is_told(self, read, tmp_path, variation, array, says):
        def harm(arrays):
            of_zz = np.flatnonzero(arrays["sample"] == 1)
            arrays[array][of_zz[0] if "." in array else 0] *= 1 + 1e-6

        file = "dataset" if variation == NOMINAL else f"{variation.systematic}-{variation.label}"
        directory = RunDirectory(self.harmed(read, tmp_path, file, harm))
        events = Stages(directory=directory).recorded("events")
        with pytest.raises(DataError, match=says):
            load_dataset(directory, events, variation)

    @pytest.mark.parametrize(
        ("array", "place", "value", "says"),
        [
            ("weight", 0, 0.0, "sample 'sig': the weights sum to"),
            ("weight", -1, np.nan, "sample 'data': the weights sum to nan"),
            ("sample", 0, 1, "sample 'sig': the weights sum to"),
        ],
    )
    def test_it_stops_the_run(self, path, read, tmp_path, array, place, value, says):
        directory = self.harmed(read, tmp_path, "dataset", lambda arrays: arrays[array].__setitem__(place, value))
        with pytest.raises(DataError, match=says):
            run_analysis(path, directory, until="models")
