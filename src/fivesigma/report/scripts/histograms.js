// The distribution of any feature by sample: expected events or shapes, in a linear or a logarithmic scale.

function histogramPanel(panel) {
  const control = (name) => panel.querySelector(`[name=${name}]`);
  const features = new Map(run.features.map((one) => [one.feature, one]));
  fill(control("feature"), [...features.keys()].map((name) => [name, titleOf(name)]));

  function draw() {
    const one = features.get(control("feature").value);
    const shapes = control("scale").value === "shapes", log = control("axis").value === "log";
    chart(panel.querySelector(".chart"), () => [
      [...one.samples.filter((sample) => sample.kind === "background"), ...one.samples.filter((sample) => sample.kind === "signal")]
        .map((sample) => histogramTrace(one, sample, shapes)).concat(one.data && !shapes ? [dataTrace(one)] : []),
      {
        xaxis: { title: { text: escaped([titleOf(one.feature), ...notDrawn(one)].join(", ")) }, range: [one.edges[0], one.edges.at(-1)] },
        yaxis: { title: { text: shapes ? "fraction of the sample" : "expected events" }, type: log ? "log" : "linear", rangemode: log ? "normal" : "tozero", exponentformat: "power" },
        hovermode: "x unified",
      },
    ]);
  }
  panel.querySelector(".controls").addEventListener("input", draw);
  near(panel, draw);
}

/** Return what of a feature no bin holds. */
function notDrawn(one) {
  const percent = (part) => `${Number((100 * part).toPrecision(2))} %`;
  return [
    ...(one.missing ? [`${percent(one.missing)} missing`] : []),
    ...(one.outside ? [`${percent(one.outside)} beyond`] : []),
    ...(one.data?.outside ? [`${one.data.outside} ${run.data_title} beyond`] : []),
  ];
}

/** Return a sample as steps over the edges: backgrounds stack where they are events, all others are lines. */
function histogramTrace(one, sample, shapes) {
  const { total, error } = sample.histogram, sum = total.reduce((a, b) => a + b, 0);
  const unit = shapes ? 1 / (sum || 1) : 1, colour = run.samples[sample.name].colour;
  const stacked = sample.kind === "background" && !shapes;
  return {
    x: one.edges,
    y: [...total, total.at(-1)].map((value) => value * unit),
    customdata: [...error, error.at(-1)].map((value, i) => [value * unit, one.edges[i], one.edges[i + 1] ?? one.edges[i]]),
    name: escaped(sample.title),
    mode: "lines",
    line: { shape: "hv", color: colour, width: stacked ? 1 : 2.2 },
    ...(stacked ? { stackgroup: "background", fillcolor: colour } : {}),
    hovertemplate: "%{y:.4g} ± %{customdata[0]:.2g}",
  };
}

function dataTrace(one) {
  return {
    x: one.edges.slice(1).map((edge, i) => (edge + one.edges[i]) / 2),
    y: one.data.counts,
    error_y: { type: "data", symmetric: false, array: one.data.high?.map((end, i) => end - one.data.counts[i]), arrayminus: one.data.low?.map((end, i) => one.data.counts[i] - end), color: shown("--ink") },
    name: run.data_title,
    mode: "markers",
    marker: { color: shown("--ink"), size: 6 },
    hovertemplate: "%{y}",
  };
}
