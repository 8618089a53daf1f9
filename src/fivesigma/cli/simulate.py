"""``fivesigma simulate``: make the events of a recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from fivesigma.cli.completing import recipe_names

__all__ = ["simulate"]


@click.command()
@click.argument("recipe", shell_complete=recipe_names)
@click.option("--events", type=click.IntRange(min=1), required=True, help="Selected events of each process.")
@click.option(
    "--process", "only", multiple=True, metavar="NAME", help="Only this process (repeatable); no pseudo-data."
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that generate.")
@click.option("--seed", type=int, default=42, show_default=True, help="The same seed makes the same events.")
@click.option(
    "--format",
    "suffix",
    type=click.Choice(["parquet", "root"]),
    default="parquet",
    show_default=True,
    callback=lambda _context, _parameter, value: f".{value}",
    help="Of the files.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the files go; started again there, a simulation that was stopped goes on.",
)
def simulate(
    recipe: str, events: int, only: tuple[str, ...], workers: int, seed: int, suffix: str, output: Path
) -> None:
    """Make the events of RECIPE with Pythia 8 and a parametrised detector.

    One file for each process, weighted to the recipe's luminosity, and for some recipes one of pseudo-data, drawn from
    events that no other file holds. Prints the files made, and on stderr which cards switch multiparton interactions off.
    """
    # imported here so that --help stays light
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from fivesigma.core.errors import ConfigurationError, Problem, suggestion
    from fivesigma.simulation.cards.catalogue import recipe_simulation
    from fivesigma.simulation.generate import Generation
    from fivesigma.simulation.pseudo_data import PSEUDO_DATA, simulate_pseudo_data
    from fivesigma.simulation.samples import require_ours, simulate_process

    simulation = recipe_simulation(recipe)
    if unknown := [name for name in only if name not in simulation.names]:
        message = f"{recipe} has no process {unknown[0]!r}{suggestion(unknown[0], simulation.names)}"
        raise ConfigurationError([Problem(message=message)])
    wanted = [simulation.process(name) for name in dict.fromkeys(only or simulation.names)]
    pseudo_data = bool(simulation.pseudo_data) and not only
    for name in (*(process.name for process in wanted), *([PSEUDO_DATA] if pseudo_data else [])):
        require_ours(output / f"{name}{suffix}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def bar(name: str, total: int | None = None) -> Callable[[int, int], None]:
            task = bars.add_task(name, total=total)
            return lambda done, wanted: bars.update(task, completed=done, total=wanted)

        for process in wanted:
            if not process.multiparton_interactions:
                bars.console.print(f"{process.name}: its card switches multiparton interactions off", soft_wrap=True)
            generation = Generation(process=process, seed=seed, stream="simulation", directory=output, workers=workers)
            click.echo(simulate_process(simulation, generation, events, bar(process.name, events), suffix=suffix))
        if pseudo_data:
            click.echo(simulate_pseudo_data(simulation, generation, bar(PSEUDO_DATA), suffix=suffix))
