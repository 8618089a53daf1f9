"""The YAML of a first analysis, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fivesigma.analysis.starter_columns import Feature, Features
from fivesigma.analysis.starter_lines import comment, flow, listed, quoted
from fivesigma.analysis.starter_weights import Window
from fivesigma.core.format import few
from fivesigma.core.sample import Kind

__all__ = ["StarterSample", "starter_yaml"]

_SHOWN = 12
_RATE = 0.1
"""Relative uncertainty of the background where nobody knows it yet, in the fit and in the count alike."""
_ENERGY = re.compile(r"(\d{1,2}(?:[.p]\d+)?)[_ -]?tev", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:p\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterSample:
    """A sample as the YAML has it, with the number of its events and the sum of their weights."""

    name: str
    label: str
    kind: Kind
    guessed: bool
    files: tuple[str, ...]
    trees: tuple[str, ...]
    select: str | None
    weight: str | None
    of_generator: bool
    events: int
    total: float
    remarks: tuple[str, ...]


def starter_yaml(
    samples: Sequence[StarterSample],
    features: Features,
    *,
    missing: Mapping[str, list[float | str]],
    window: Window | None,
    trains: bool,
) -> str:
    """Return the text of a configuration.

    Parameters
    ----------
    samples
        Simulated samples, then data.
    features
        What models see, and what is kept from them.
    missing
        Values that stand for "not there", by column.
    window
        Where the signal lies; everywhere if None.
    trains
        Whether there are events enough to train a model.
    """
    has_data = any(sample.kind == "data" for sample in samples)
    sections = (
        _analysis(samples, has_data=has_data),
        _samples(samples),
        _events(samples, missing),
        _features(features),
        _models(trains=trains),
        _regions(window, has_data=has_data),
        _systematics(samples),
        _inference(samples, features, window, trains=trains),
    )
    return "\n".join(line for section in sections for line in (*section, ""))


def _analysis(samples: Sequence[StarterSample], *, has_data: bool) -> Iterator[str]:
    energy = next((match[1].replace("p", ".") for s in samples for f in s.files if (match := _ENERGY.search(f))), None)
    yield "# A first analysis, written by `fivesigma init`. Its guesses are yours to mend: look for `# yours` and `# guessed`."
    yield "#   fivesigma validate THIS_FILE"
    yield "#   fivesigma run THIS_FILE"
    yield "fivesigma: 1"
    yield "analysis:"
    yield '  label: "" # stands on figures: whose events they are'
    yield "  luminosity: 10 # fb⁻¹; yours: weights must be for it"
    yield f"  energy: {energy or 13} # TeV; {'guessed' if energy else 'yours'}"
    yield "  seed: 42"
    if has_data:
        yield "  blind: true # data in signal regions are dropped as they are read, until you add --unblind"


def _samples(samples: Sequence[StarterSample]) -> Iterator[str]:
    yield "samples: # relative paths are relative to --data, else to this file"
    common = _common_weight(samples)
    for sample in samples:
        yield f"  {sample.name}:"
        yield f"    kind: {sample.kind}" + (" # guessed" if sample.guessed else "")
        yield f"    label: {quoted(sample.label)}"
        yield from listed("    files", sample.files)
        if sample.trees:
            yield f"    tree: {quoted(sample.trees[0]) if len(sample.trees) == 1 else flow(sample.trees)}"
        if sample.select is not None:
            yield f"    select: {quoted(sample.select)}"
        yield from _remarks(sample.remarks, "    ")
        yield from _weight(sample, common, mixed=len(_weights(samples)) > 1)
    if pattern := _grid(samples):
        yield from comment(
            f"points of a signal grid can be one sample, for a limit at each of them: files: {quoted(pattern)}", "  "
        )


def _weight(sample: StarterSample, common: str | None, *, mixed: bool) -> Iterator[str]:
    if sample.kind == "data":
        yield "    duplicates: remove # an event that two trigger streams recorded counts once"
        return
    if sample.of_generator:
        yield f"    generator_weight: {quoted(sample.weight)}"
        yield "    sum_of_weights: files # of all that was generated; a number if the files hold only a part"
        yield "    cross_section: 1 # pb; yours"
    elif sample.weight != common or mixed:
        yield f"    weight: {quoted(sample.weight or '1')} # {_sum(sample)}"


def _weights(samples: Sequence[StarterSample]) -> set[str | None]:
    return {sample.weight for sample in samples if sample.kind != "data" and not sample.of_generator}


def _common_weight(samples: Sequence[StarterSample]) -> str | None:
    """Return the weight that is the same in all simulated samples, if there is one."""
    weights = _weights(samples)
    return weights.pop() if len(weights) == 1 else None


def _events(samples: Sequence[StarterSample], missing: Mapping[str, list[float | str]]) -> Iterator[str]:
    yield "events:"
    common = _common_weight(samples)
    plain = [sample for sample in samples if sample.kind != "data" and not sample.of_generator]
    if common is not None:
        sums = "; ".join(f"{sample.name}: {_sum(sample)}" for sample in plain[:_SHOWN])
        yield from comment(f"expected events per simulated one at the luminosity. {sums}", "  ")
        yield f"  weight: {quoted(common)}"
    elif plain and all(sample.weight is None for sample in plain):
        yield "  # weight: ... # yours: no column looks like one, so every event counts one; or give cross_section in each sample"
    if missing:
        yield from comment(
            f"what stands for 'not there' by the look of it, in {few(list(missing))}: models see these events as lacking the value",
            "  ",
        )
        yield from _missing(missing)
    yield '  select: {} # cuts by name, one row of the cutflow each, such as {leading: "lep_pt > 25"}'


def _missing(missing: Mapping[str, list[float | str]]) -> Iterator[str]:
    everywhere = {value for values in missing.values() for value in values}
    if all(value == "nan" or (isinstance(value, float) and value <= -99) for value in everywhere):
        yield f"  missing: {flow(sorted(everywhere, key=str))} # in any column"
        return
    yield "  missing: # by column; [nan] is what is no number in the files"
    for name, values in missing.items():
        yield f"    {quoted(name)}: {flow(values)}"


def _features(features: Features) -> Iterator[str]:
    yield "features:"
    yield "  inputs: # what models see"
    for feature in features.inputs:
        yield _feature(feature)
    for column in features.lists[:_SHOWN]:
        scale = " / 1000" if column.unit == "MeV" else ""
        yield f"    # max_{column.name}: default(max({column.name}), 0){scale} # of a list in each event"
    if features.observables:
        yield "  observables: # kept from the models, guessed by their names: what is fitted, and what regions are made of"
        for feature in features.observables:
            yield _feature(feature)
    titles = {feature.name: feature.title for feature in (*features.inputs, *features.observables) if feature.title}
    if titles:
        yield "  titles: # of axes"
        yield from (f"    {name}: {quoted(title)}" for name, title in titles.items())
    if features.left_out:
        parts = (f"{reason}: {few(columns)}" for reason, columns in features.left_out.items())
        yield from comment(f"left out: {'; '.join(parts)}", "  ")


def _feature(feature: Feature) -> str:
    return f"    {feature.name}: {quoted(feature.expression)}" + (
        " # from MeV to GeV; guessed" if feature.in_mev else ""
    )


def _models(*, trains: bool) -> Iterator[str]:
    if trains:
        yield "models:"
        yield "  trees: {use: hist_gradient_boosting}"
        yield "training: {folds: 5}"
    else:
        yield "# too few events to train on; with more of them:"
        yield "# models: {trees: {use: hist_gradient_boosting}}"
        yield "# training: {folds: 5}"


def _regions(window: Window | None, *, has_data: bool) -> Iterator[str]:
    yield "regions: # conditions on inputs and observables"
    if window is None:
        blind = "; until then all data are blind" if has_data else ""
        yield f'  # yours: say where the signal is expected, as select: "120 < mass < 130"{blind}'
        yield "  everything: {kind: signal}"
        return
    name, low, high = window.observable, f"{window.low:g}", f"{window.high:g}"
    yield f"  # nine tenths of the signal; guessed{'; its data are dropped as they are read' if has_data else ''}"
    yield f"  window: {{kind: signal, select: {quoted(f'{low} < {name} < {high}')}}}"
    yield f"  sides: {{kind: control, select: {quoted(f'{name} <= {low} or {name} >= {high}')}}}"


def _systematics(samples: Sequence[StarterSample]) -> Iterator[str]:
    backgrounds = [sample.name for sample in samples if sample.kind == "background"]
    yield "systematics: # relative; of all samples if none is named"
    yield "  luminosity: {type: normalisation, size: 0.02} # yours"
    yield "  rate: # of the background; yours, one for each process say"
    yield "    type: normalisation"
    yield f"    size: {_RATE}"
    yield from listed("    samples", backgrounds) if len(backgrounds) > 1 else [f"    samples: {flow(backgrounds)}"]


def _inference(
    samples: Sequence[StarterSample], features: Features, window: Window | None, *, trains: bool
) -> Iterator[str]:
    signals = [sample.name for sample in samples if sample.kind == "signal"]
    regions = "[window, sides]" if window is not None else "[everything]"
    region = "window" if window is not None else "everything"
    yield "inference: # the first template fit answers for the run"
    if trains or window is not None:
        observable = "trees" if trains else window.observable if window is not None else ""
        yield "  shape:"
        yield "    type: template_fit"
        yield f"    observable: {observable}" + (
            f" # or an observable: {few([f.name for f in features.observables])}"
            if trains and features.observables
            else ""
        )
        if trains:
            yield "    binning: sensitivity # bins where most is expected of them, chosen on the other folds"
        yield f"    regions: {regions}"
        others = f" # one at a time; the others: {few(signals[1:])}" if len(signals) > 1 else ""
        yield f"    signal: [{signals[0]}]{others}"
    yield "  count:"
    yield "    type: counting"
    yield f"    region: {region}"
    if trains:
        yield "    model: trees # above the cut that is expected to exclude most"
    yield f"    signal: [{signals[0]}]"
    yield f"    background_uncertainty: {_RATE} # as the rate above; yours"


def _grid(samples: Sequence[StarterSample]) -> str | None:
    """Return the pattern of a signal's files if three or more differ by one number only."""
    files = [file for sample in samples if sample.kind == "signal" for file in sample.files]
    patterns = {
        file[: match.start()] + "{mass}" + file[match.end() :]
        for file in files
        if (match := _last_number(file)) is not None
    }
    return patterns.pop() if len(patterns) == 1 and len(files) > 2 else None


def _last_number(file: str) -> re.Match[str] | None:
    start = file.rfind("/") + 1
    stop = len(file) - len(re.split(r"\.(?=[A-Za-z])", file[start:], maxsplit=1)[-1]) - 1
    found = list(_NUMBER.finditer(file, start, stop))
    return found[-1] if found else None


def _sum(sample: StarterSample) -> str:
    return f"{sample.total:.4g} in {sample.events:,} events"


def _remarks(remarks: Sequence[str], indent: str) -> Iterator[str]:
    for remark in remarks:
        yield from comment(remark, indent)
