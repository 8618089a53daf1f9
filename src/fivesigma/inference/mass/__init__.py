"""Peaks on smooth backgrounds in a mass spectrum. What to use when.

- ``mass_fit``: the answer: signal shape and order of the background from simulation, fits without and with signal, what
  significance to expect of data and what was seen. Use it for a search in a spectrum.
- ``spectrum``: binned events with their Σw²; ``nodes`` integrates functions over its bins.
- ``signals``: shapes of peaks, and their fit to simulated signal alone.
- ``backgrounds``: families of smooth functions; ``order`` says how many parameters of one the spectrum asks for.
- ``fitting``: Poisson likelihood for data, scaled Poisson for weighted simulation, weighted χ² where that is asked for; of a ``model``
  by ``minimisation``, with ``intervals`` of the yield and the ``costs`` themselves.
- ``spurious``: how much signal a fit finds in background alone; ``bias``: what another family than nature's does to it.
- ``toys``: pseudo-experiments, for p-values and for pulls.
- ``window``: events in a window over a background fitted outside it, for scans.
"""
