"""Yields and templates in, significances and limits out. What to use when.

- ``counting``: one number of events in one region. Exact at any count: use it when events are few. ``counting_scan``: the same
  for 1,000 cuts in one call; ``event_numbers`` checks what both are given.
- ``strength_uncertainty``: what each uncertainty costs on a counted signal strength, by linear propagation;
  ``strength_scans``: against luminosity, purity and number of events, and what reaches a target.
- ``binning``: bins of a score or a mass; ``bin_merging`` merges them until each holds enough background events. ``honest_bins``: chosen for the largest expected
  significance, on other folds than those they are filled with; ``sensitivity_binning`` and ``fold_cells`` are what it is made of.
- ``filling``: a Dataset and its scores or masses into templates, every weight accounted for. ``region_bins`` puts the bins;
  ``varied_events`` are events as a systematic makes them, ``varied_statistics`` says how far their change is known.
- ``templates``: histograms per region and sample, as a fit sees them.
- ``histograms``: templates as UHI JSON for other tools.
- ``systematics``: what may be wrong, with yields alone or with shapes too, in all regions together or in each by itself;
  ``normalisations`` that control regions tell, ``transfer_factors`` from three regions to a fourth (ABCD).
- ``shapes``: what varied templates say of a systematic; ``smoothing`` tells it from noise, ``pruning`` leaves out what is next to nothing,
  ``variation_checks`` say what is odd about it; ``systematic_changes`` show all that bin by bin.
- ``template_fit``: the answer of a shape analysis: signal strength, significance, limit, what each uncertainty costs.
  ``upper_limit`` where the limit is all that is asked, ``fit_templates`` for everything.
- ``ranking``: which nuisance parameters move the signal strength most; ``breakdown``: what each group of them costs;
  ``fitted_parameters``, ``goodness``: where a fit left the parameters, and whether its model describes the data.
- ``signal_grid``: the same at every point of a grid of signals; ``limit_plane`` holds the limits, on cross-sections too.
  ``published_limits`` are those of others, ``published_tables`` reads them, ``published_comparison`` sets ours beside them; ``grid_geometry`` says what is near.
- ``mass``: a room within: a peak over a smooth background in a mass spectrum, fitted with functions in place of templates.
- ``workspace``: the same model as plain pyhf (HistFactory) JSON; ``datacard``: as a datacard of Combine.
- ``engine``: what the room asks of a statistical model; ``pyhf_engine`` answers it with pyhf;
  ``pyhf_workspace`` reads, patches and validates its JSON, ``pyhf_constraints`` are its auxiliary measurements as arrays,
  ``histfactory`` gives its yields and their derivatives, ``scoring`` does its fits.
- ``likelihoods``: limits, CLs and fits of plain pyhf JSON from elsewhere, with a signal patch.
- ``toy_limits``: CLs limits from toys of the whole model, where counts are too low for asymptotic formulae;
  ``cls_crossing`` reads them off noisy curves.
- ``profile``, ``limits``: the profile likelihood ratio on one set of data, and CLs limits from it, for any engine.
- ``yields``: expected events per sample and bin before and after a fit, with their uncertainty.
- ``low_counts``: how far an asymptotic limit is off where events are few.
- ``checks``: what templates and fits are examined for before anybody believes them.
"""
