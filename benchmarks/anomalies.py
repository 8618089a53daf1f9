"""How good scans without labels are, on the LHC Olympics R&D events: each study prints what the documentation quotes.

    python benchmarks/anomalies.py injections --data FOLDER_WITH_THE_TABLE
    python benchmarks/anomalies.py improvement | null-sets | shifted | features ...

The signal is injected by keeping a stated number of its 6,367 events, drawn by a seed; the rest is set aside. Labels are read by the
comparison with a supervised classifier and by the tables of what was selected, never by a scan.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier

import fivesigma as fs
from fivesigma.core.identity import derive_seed, ticket_of
from fivesigma.core.parallel import Workers
from fivesigma.evaluation.choice import halves
from fivesigma.evaluation.significance_improvement import significance_improvement_curve
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.null_experiments import null_experiments
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.results import AnomalyScan, NullExperiments
from fivesigma.searches.anomaly.scan import ScanEvents, anomaly_scan, scan_events
from fivesigma.searches.anomaly.windows import MassWindow, mass_windows

SEEDS, OTHERS = (1, 2, 3, 4, 5), (11, 12, 13, 14, 15)
RANGE = (2600.0, 8600.0)
BENCHMARK, WEAK = 272, 185  # signal events that stay: S/√B = 2.2 and 1.5 in 3.3 to 3.7 TeV
JETS = "pxj1, pyj1, pzj1, mj1, pxj2, pyj2, pzj2, mj2"


def of_jets(name: str) -> dict[str, str]:
    """Return a ratio of subjettinesses of the lighter and of the heavier jet, by name."""
    above, below = name[3], name[4]
    ratios = [f"ratio(tau{above}j{jet}, tau{below}j{jet})" for jet in (1, 2)]
    return {f"{name}_{which}": f"of_{which}(mj1, mj2, {', '.join(ratios)})" for which in ("lighter", "heavier")}


FOUR = {"m_light": "min(mj1, mj2)", "m_difference": "abs(mj1 - mj2)", **of_jets("tau21")}
SETS = {
    "four: masses and τ21": FOUR,
    "τ32 besides": {**FOUR, **of_jets("tau32")},
    "ΔR besides": {**FOUR, "delta_r": "dijet_delta_r(pxj1, pyj1, pzj1, pxj2, pyj2, pzj2)"},
    "pT of both besides": {**FOUR, "pt1": "pt_of(pxj1, pyj1)", "pt2": "pt_of(pxj2, pyj2)"},
}


@dataclass(frozen=True)
class Table:
    """Masses, features, identifiers and labels of all events."""

    mass: np.ndarray
    X: np.ndarray
    ids: np.ndarray
    signal: np.ndarray

    @classmethod
    def of(cls, folder: Path, inputs: dict[str, str]) -> "Table":
        """Read the table."""
        file = folder / "lhco_rnd_dev.h5"
        samples = [
            fs.read(file).select(f"label == {label}").sample(name, kind=kind)
            for label, name, kind in ((1, "wprime", "signal"), (0, "qcd", "background"))
        ]
        data = fs.dataset(samples, inputs=inputs, observables={"m_jj": f"dijet_mass({JETS})"})
        return cls(data.observables["m_jj"], data.X, data.id, data.signal)

    def where(self, mask: np.ndarray) -> "Table":
        """Return some of the events."""
        return Table(self.mass[mask], self.X[mask], self.ids[mask], self.signal[mask])

    def injected(self, events: int, seed: int) -> "Table":
        """Return all background and so many signal events, drawn by a seed."""
        ticket = ticket_of(self.ids, seed=seed, draw="signal")
        place = np.flatnonzero(self.signal)
        kept = ~self.signal
        kept[place[np.argsort(ticket[place])[:events]]] = True
        return self.where(kept)


def windows(masses: tuple[float, ...]) -> tuple[MassWindow, ...]:
    """Return windows of 400 GeV with sidebands of 400 GeV."""
    return mass_windows(masses, width=400, sideband=400, within=RANGE)


AROUND = tuple(np.arange(3050.0, 3951.0, 100.0))
WHOLE = tuple(np.arange(2950.0, 5051.0, 100.0))


def scanned(table: Table, masses: tuple[float, ...], workers: Workers, options: ScanOptions) -> AnomalyScan:
    """Return the scan of a table."""
    events = scan_events(table.mass, table.X, table.ids, options)
    features = tuple(f"x{place}" for place in range(table.X.shape[1]))
    return anomaly_scan(events, windows(masses), options, features=features, workers=workers)


def told(scan: AnomalyScan, *, most: float = 1.0) -> str:
    """Return the best point of a scan among selections of at most a fraction."""
    found = [(e.z, w.window.mass, e) for w in scan.windows for e in w.excesses if e.efficiency <= most]
    z, mass, excess = max(found, key=lambda one: one[:2])
    return f"{mass:.0f} GeV, {100 * excess.efficiency:g} %: {excess.observed:.0f} over {excess.expected:.1f} ± {excess.expected_error:.1f}, {z:.2f} σ"


def injections(folder: Path, workers: Workers) -> None:
    """Scan five injections at each of two strengths."""
    table = Table.of(folder, FOUR)
    for events in (BENCHMARK, WEAK):
        best = []
        for seed in SEEDS:
            scan = scanned(table.injected(events, seed), AROUND, workers, ScanOptions(range=RANGE, seed=seed))
            best.append(max(e.z for w in scan.windows for e in w.excesses if e.efficiency <= 0.01))
            print(f"{events} signal events, seed {seed}: {told(scan, most=0.01)}", flush=True)
        print(f"{events} signal events: median {statistics.median(best):.2f} σ", flush=True)


def improvement(folder: Path, workers: Workers) -> None:
    """Compare significance improvements in the window with those of trees that have the labels."""
    table = Table.of(folder, FOUR)
    for decorrelate in (False, True):
        ratios = []
        for seed in (*SEEDS, *OTHERS):
            weak, strong, z = improvements(table.injected(BENCHMARK, seed), seed, workers, decorrelate=decorrelate)
            ratios.append(weak / strong)
            print(
                f"decorrelated: {decorrelate}, seed {seed}: {weak:.2f} without labels, {strong:.2f} with, ratio {weak / strong:.2f};"
                f" {z:.2f} σ at 3500 GeV, 1 %",
                flush=True,
            )
        first, all_ten = statistics.median(ratios[: len(SEEDS)]), statistics.median(ratios)
        print(f"decorrelated: {decorrelate}: median ratio {first:.2f}, of all ten {all_ten:.2f}", flush=True)


def improvements(table: Table, seed: int, workers: Workers, *, decorrelate: bool) -> tuple[float, float, float]:
    """Return ε_S/√ε_B in 3.3 to 3.7 TeV of the scan's score, of the same trees cross-fitted with labels, and the scan's local Z."""
    options = ScanOptions(range=RANGE, seed=seed, efficiencies=(0.01,), decorrelate=decorrelate)
    scan = scanned(table, (3500.0,), workers, options)
    events = scan_events(table.mass, table.X, table.ids, options)
    inside = (table.mass >= RANGE[0]) & (table.mass <= RANGE[1])
    window = np.abs(events.mass - 3500) < 200
    is_signal, ids = table.signal[inside][window], table.ids[inside][window]
    fold = events.fold[window]
    with_labels = supervised(events.given[window], is_signal, fold, options)
    values = []
    for score in (scan.events.score[window], with_labels):
        curve = significance_improvement_curve(
            ranks(score, fold), is_signal, np.ones(len(fold)), half=halves(ids, seed=seed), model="", seed=seed
        )
        values.append(curve.best.value.value)
    return values[0], values[1], scan.best.z


def supervised(X: np.ndarray, is_signal: np.ndarray, fold: np.ndarray, options: ScanOptions) -> np.ndarray:
    """Return out-of-fold scores of the scan's trees trained with the labels, ten members a fold."""
    score = np.zeros(len(X))
    for one in range(options.folds):
        for number in range(options.members):
            validating = (one + 1 + number % (options.folds - 1)) % options.folds
            train, validate = (fold != one) & (fold != validating), fold == validating
            weight = np.where(is_signal, 0.5 / is_signal[train].mean(), 0.5 / (~is_signal[train]).mean())
            trees = HistGradientBoostingClassifier(
                **options.parameters, early_stopping=True, n_iter_no_change=10, random_state=number
            )
            trees.fit(
                X[train],
                is_signal[train],
                weight[train],
                X_val=X[validate],
                y_val=is_signal[validate],
                sample_weight_val=weight[validate],
            )
            score[fold == one] += trees.predict_proba(X[fold == one])[:, 1]
    return score


def ranks(score: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return the rank of each score in its fold, from 0 to 1: folds need not have one scale."""
    ranked = np.zeros(len(score))
    for one in np.unique(fold):
        mine = fold == one
        ranked[mine] = stats.rankdata(score[mine]) / mine.sum()
    return ranked


def null_sets(folder: Path, workers: Workers) -> None:
    """Scan background without a signal: five sets, each a random half of QCD, beside 20 pseudo-experiments like them."""
    table = Table.of(folder, FOUR)
    table, null = table.where(~table.signal), None
    for seed in SEEDS:
        half = table.where(halves(table.ids, seed=seed) == 1)
        options = ScanOptions(range=RANGE, members=2, seed=seed)
        events = scan_events(half.mass, half.X, half.ids, options)
        scan = anomaly_scan(events, windows(WHOLE), options, features=tuple(FOUR), workers=workers)
        largest = max(abs(e.z) for w in scan.windows for e in w.excesses)
        if null is None:
            null = nulls(events, scan, options, windows(WHOLE), 20, workers)
            reach, mean = null.largest_absolute_z, null.largest_absolute_z.mean()
            print(f"20 pseudo-experiments: largest |Z| {mean:.2f} on average, {reach.max():.2f} at most", flush=True)
            print(f"scatter of their local Z {null.width}; {null.expected_absolute_z:.2f} if independent", flush=True)
        print(f"seed {seed}: largest |Z| {largest:.2f}; {np.sum(reach >= largest)} of 20 reach it", flush=True)


def nulls(
    events: ScanEvents,
    scan: AnomalyScan,
    options: ScanOptions,
    where: Sequence[MassWindow],
    count: int,
    workers: Workers,
) -> NullExperiments:
    """Return pseudo-experiments of a scan whose features follow the mass."""
    return null_experiments(
        where,
        options,
        model=BackgroundModel.of_scan(scan, events, options, features="conditional"),
        count=count,
        members=2,
        observed_z=scan.best.z,
        seed=derive_seed(options.seed, "null"),
        workers=workers,
    )


def shifted(folder: Path, workers: Workers) -> None:
    """Add a tenth of the mass to both mass features, and scan with and without decorrelation."""
    table = Table.of(folder, FOUR)
    X = table.X.copy()
    X[:, :2] += (0.1 * table.mass)[:, np.newaxis].astype(np.float32)
    moved = replace(table, X=X)
    for decorrelate in (False, True):
        options = ScanOptions(range=RANGE, seed=1, decorrelate=decorrelate)
        scan = scanned(moved.injected(BENCHMARK, 1), AROUND, workers, options)
        events = scan_events(*(getattr(moved.injected(BENCHMARK, 1), name) for name in ("mass", "X", "ids")), options)
        null = nulls(events, scan, options, windows(AROUND), 10, workers)
        print(
            f"decorrelated: {decorrelate}; {told(scan)}; pseudo-experiments: largest |Z| {null.largest_absolute_z.mean():.1f} on average"
            f" ({null.expected_absolute_z:.1f} if independent), scatter {null.width}; p = {null.p_value}",
            flush=True,
        )


def features(folder: Path, workers: Workers) -> None:
    """Scan with more features."""
    for name, inputs in SETS.items():
        table, best = Table.of(folder, inputs), []
        for seed in SEEDS[:3]:
            scan = scanned(
                table.injected(BENCHMARK, seed), (3450.0, 3550.0), workers, ScanOptions(range=RANGE, seed=seed)
            )
            best.append(max(e.z for w in scan.windows for e in w.excesses if e.efficiency <= 0.01))
        print(f"{name}: {', '.join(f'{z:.1f}' for z in best)} σ", flush=True)


STUDIES = {
    "injections": injections,
    "improvement": improvement,
    "null-sets": null_sets,
    "shifted": shifted,
    "features": features,
}


def main() -> None:
    """Run the studies that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+", choices=STUDIES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with Workers(arguments.workers) as workers:
        for study in arguments.studies:
            STUDIES[study](arguments.data, workers)


if __name__ == "__main__":
    main()
