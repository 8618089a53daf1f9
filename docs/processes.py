"""The page of process cards, made from the cards and from the provenance of the events that come with the package."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.files import read_provenance
from fivesigma.simulation.filters import TruthFilter
from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["process_cards"]


def process_cards() -> str:
    """Return a section for each recipe: what its events are, how many, by whose cross section, and what they leave out."""
    return "\n\n".join(_recipe(recipe) for recipe in RECIPES.values()) + "\n"


def _recipe(recipe: RecipeSimulation) -> str:
    made = {process.name: _provenance(recipe, process) for process in recipe.processes}
    parts = [
        f"## `{recipe.recipe}`",
        f"{recipe.processes[0].energy:g} TeV, {recipe.luminosity:g} fb⁻¹. "
        + ("With pseudo-data. " if recipe.pseudo_data else "Without pseudo-data. ")
        + f"Final state: `simulation.final_states.{recipe.processes[0].final_state}`.",
        "| process | kind | cross section [pb] | of these pass the filter | of these are kept | expected | embedded |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows = [row for process in recipe.processes for row in _rows(process, made[process.name])]
    return "\n\n".join([*parts[:2], "\n".join([*parts[2:], *rows]), _cards(recipe), _limits(recipe)])


def _provenance(recipe: RecipeSimulation, process: Process) -> dict[str, Any]:
    return read_provenance(
        Path(str(files("fivesigma"))) / "recipes" / recipe.recipe / "events" / f"{process.name}.parquet"
    )


def _rows(process: Process, made: dict[str, Any]) -> Iterator[str]:
    """Yield a row of the table for each slice; the cross section is before the filter."""
    for rate in made["rates"]:
        efficiency = rate["filter_efficiency"]
        cells = [
            f"`{rate['process']}`",
            process.kind,
            f"{rate['cross_section'] / efficiency:.4g}",
            f"{efficiency:.3g}" if process.filters else "",
            f"{rate['acceptance']:.3g}",
            f"{rate['expected']:.4g}",
            f"{made['events']['written'] // len(made['rates']):,}",
        ]
        yield f"| {' | '.join(cells)} |"


def _cards(recipe: RecipeSimulation) -> str:
    """Return the cards, of those that differ only in their spectrum and cross section the first."""
    alike: dict[object, list[Process]] = {}
    for process in recipe.processes:
        alike.setdefault((process.settings, process.filters, process.slices), []).append(process)
    return "\n\n".join(_card(first, len(others)) for first, *others in alike.values())


def _card(process: Process, others: int) -> str:
    """Return a card, and how many others are like it but for their masses and cross section."""
    lines = [*process.pythia_settings(), *(_words(each) for each in process.filters)]
    if process.slices:
        lines.append("# in slices of PhaseSpace:pTHat from " + ", ".join(f"{low:g}" for low in process.slices) + " GeV")
    rate = "Pythia's own rate" if process.cross_section is None else f"{process.cross_section:.4g} pb"
    factor = f" × {process.k_factor:.4g}" if process.k_factor != 1 else ""
    spectrum = f"\n{process.slha.strip()}" if process.slha else ""
    like_it = (
        f" {others} other cards have other masses and cross sections and are like it in all else." if others else ""
    )
    return (
        f"{process.title} (`{process.name}`): {rate}{factor}; {process.source}.{like_it}\n\n```text\n"
        + "\n".join(lines)
        + spectrum
        + "\n```"
    )


def _words(each: TruthFilter) -> str:
    above = f" with pt above {each.each_pt:g} GeV" if each.each_pt else ""
    upper = "" if each.maximum is None else f" and at most {each.maximum:g}"
    codes = ", ".join(map(str, each.particles))
    return f"# kept, at the {each.stage} stage: {each.quantity} of particles {codes}{above} at least {each.minimum:g}{upper}"


def _limits(recipe: RecipeSimulation) -> str:
    """Return what the cards cannot describe, each once, with the processes it is about unless it is all of them."""
    about: dict[str, list[str]] = {}
    for process in recipe.processes:
        for limit in process.limits:
            about.setdefault(limit, []).append(process.name)
    items = [
        f"- {limit}" + ("" if len(names) == len(recipe.processes) or len(names) > 8 else f" ({', '.join(names)})")
        for limit, names in about.items()
    ]
    return "What they cannot describe:\n\n" + "\n".join(items)
