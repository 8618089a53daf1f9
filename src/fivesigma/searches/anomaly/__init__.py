"""What to use when.

- A bump is sought in a mass spectrum without labels: `cwola_scan` in ``scan``, asked as in ``options``.
- How likely chance does as well anywhere in the scan: ``global_p_value``; by scans of pseudo-experiments with the whole training
  again: ``null_experiments``, whose events ``background_model`` draws.
- Where it is sought: ``windows``; who trains: ``weak_training``; who is selected: ``selection``; what is left over the fit:
  ``excess``; what comes out: ``results``.
"""
