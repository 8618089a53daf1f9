"""Whether local p-values of scans are uniform where there is no signal: 100 null sets like the QCD of the LHC Olympics.

    python benchmarks/anomaly_uniformity.py --data FOLDER_WITH_THE_TABLE

Masses are drawn from a smooth fit of all of QCD: drawn from its events instead, every set would inherit the same fluctuation in the
window, and their p-values would lean to one side together. Features are those of events of any mass. One window, two members.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from anomalies import FOUR, RANGE, Table, folds_of, windows
from scipy import stats

from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.excess import local_excess
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.scan_window import scan_window
from fivesigma.searches.anomaly.windows import MassWindow
from fivesigma.statistics.marginal_counts import marginalised_poisson_p

SETS = 100


def background(table: Table, window: MassWindow, options: ScanOptions) -> tuple[BackgroundModel, float]:
    """Return what null sets are drawn from, and the Z of all of QCD in the window: what resampled masses would inherit."""
    inside = (table.mass >= RANGE[0]) & (table.mass <= RANGE[1])
    mass, X = table.mass[inside], table.X[inside]
    whole = local_excess(mass, 1.0, window, options)
    model = BackgroundModel.of(
        mass,
        X,
        spectrum=whole.spectrum,
        fit=whole.fit,
        family=options.family,
        order=whole.order,
        energy=options.energy,
        features="independent",
    )
    return model, whole.z


def main() -> None:
    """Print, for each selection, how uniform mid-p-values are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    table = Table.of(parser.parse_args().data, FOUR)
    (window,) = windows((3500.0,))
    options = ScanOptions(range=RANGE, members=2)
    model, z = background(table.where(~table.signal), window, options)
    print(f"all of QCD, nothing selected: {z:.2f} σ in the window", flush=True)
    counts = {efficiency: [] for efficiency in options.efficiencies}
    for number in range(SETS):
        mass, X = model.draw(number)
        scan = scan_window(mass, X, folds_of(number, len(mass)), window, replace(options, seed=number))
        for excess in scan.excesses:
            counts[excess.efficiency].append((excess.observed, excess.expected, excess.expected_error))
    for efficiency, found in counts.items():
        results = [marginalised_poisson_p(*one) for one in found]
        p_values, values = ([float(getattr(one, name)) for one in results] for name in ("mid_p", "mid_z"))
        print(
            f"{efficiency:g}: at least {min(one[1] for one in found):.0f} expected; mid-p uniform with p ="
            f" {stats.kstest(p_values, 'uniform').pvalue:.2f}; Z {np.mean(values):.2f} on average, scatter {np.std(values):.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
