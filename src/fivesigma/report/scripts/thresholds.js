// Any cut on a score: what passes of each sample, and what that is worth.

const MERITS = {
  asimov_z: ["Asimov Z", (at) => at.asimovZ],
  ams: ["AMS of yields", (at) => at.ams],
  limit: ["expected limit on μ, 95 % CL", (at) => at.limits[2]],
  purity: ["purity, S/(S + B)", (at) => at.purity],
};

/** Return all that is said of one cut: sums over samples, scaled to a luminosity, and figures of merit. */
function atCut(model, place, asked) {
  const sums = { signal: [0, 0, 0], background: [0, 0, 0] };
  for (const sample of model.samples) {
    if (!(sample.kind in sums)) continue;
    sums[sample.kind][0] += asked.scale * sample.total[place];
    sums[sample.kind][1] += (asked.scale * sample.error[place]) ** 2;
    sums[sample.kind][2] += asked.scale * sample.total[0];
  }
  const [s, sSquares, allS] = sums.signal, [b, bSquares, allB] = sums.background;
  const error = Math.hypot(asked.uncertainty * b, Math.sqrt(bSquares));
  const good = b > 0 && s > 0;
  return {
    signal: s, signalError: Math.sqrt(sSquares), background: b, backgroundError: Math.sqrt(bSquares),
    signalEfficiency: s / allS, backgroundEfficiency: b / allB,
    effective: bSquares > 0 ? (b * b) / bSquares : 0,
    purity: s + b > 0 ? s / (s + b) : NaN,
    asimovZ: asimovZ(s, b, asked.uncertainty * b),
    ams: b > 0 ? ams(s, b, asked.regulator) : NaN,
    limits: good ? expectedLimits(b, error, run.band).map((limit) => limit / s) : Array(5).fill(NaN),
  };
}

/** Return the value at the cut that other folds chose, with its interval. */
function honest(best, cuts) {
  return {
    x: [cuts.findIndex((cut) => cut >= best.cut - 1e-9)], y: [best.value], name: "honest", mode: "markers",
    error_y: { type: "data", symmetric: false, array: [best.high - best.value], arrayminus: [best.value - best.low], color: shown("--ink") },
    marker: { symbol: "star", size: 13, color: shown("--ink") }, hovertemplate: "%{y:.3f}<extra>honest</extra>",
  };
}

/** Return which cut is next to a score. */
function nearest(cuts, score) {
  return cuts.reduce((at, cut, i) => (Math.abs(cut - score) < Math.abs(cuts[at] - score) ? i : at), 0);
}

function thresholdPanel(panel) {
  const control = (name) => panel.querySelector(`[name=${name}]`);
  const models = new Map(run.thresholds.map((model) => [model.model, model]));
  fill(control("model"), [...models.keys()].map((name) => [name, name]));
  fill(control("merit"), Object.entries(MERITS).map(([name, [title]]) => [name, title]));
  control("uncertainty").value = 100 * run.background_uncertainty;
  control("regulator").value = run.regulator;
  control("luminosity").value = run.luminosity ?? 1;
  if (!run.luminosity) panel.querySelector("[data-says=scale]").textContent = "Events of the simulation, times";

  const asked = () => ({
    uncertainty: Math.max(0, control("uncertainty").valueAsNumber || 0) / 100,
    regulator: Math.max(0, control("regulator").valueAsNumber || 0),
    scale: Math.max(1e-12, control("luminosity").valueAsNumber || 0) / (run.luminosity ?? 1),
  });
  const model = () => models.get(control("model").value);
  const toBest = () => {
    const best = run.maxima[model().model];
    if (best) control("cut").value = nearest(model().cuts, best.cut);
  };

  function tell() {
    const place = control("cut").valueAsNumber, options = asked(), at = atCut(model(), place, options);
    const say = (name, value, text) => {
      const output = panel.querySelector(`[data-says=${name}]`);
      output.textContent = text;
      output.value = text;
      output.dataset.value = value;
    };
    const cut = model().cuts[place];
    say("cut", cut, String(Number(cut.toPrecision(5))));
    control("cut").setAttribute("aria-valuetext", `score at least ${written(cut, 4)}`);
    say("signal", at.signal, measured(at.signal, at.signalError));
    say("background", at.background, measured(at.background, at.backgroundError));
    say("signal-efficiency", at.signalEfficiency, percent(at.signalEfficiency));
    say("background-efficiency", at.backgroundEfficiency, percent(at.backgroundEfficiency));
    say("purity", at.purity, percent(at.purity));
    say("asimov-z", at.asimovZ, `${written(at.asimovZ, 3)}${SPACE}σ`);
    say("ams", at.ams, written(at.ams, 3));
    say("limit", at.limits[2], written(at.limits[2], 3));
    say("limit-band", at.limits[1], `${written(at.limits[1], 3)} to ${written(at.limits[3], 3)}`);
    warn(at, options);
    rows(place, options);
    return at;
  }

  function warn(at, options) {
    const few = at.effective < run.floor;
    const changed = options.scale !== 1 || options.uncertainty !== run.background_uncertainty;
    panel.querySelector("[data-says=warning]").textContent = [
      few ? `Only ${written(at.effective, 3)} effective background events pass, fewer than the ${written(run.floor, 3)} that this analysis asks for.` : "",
      changed ? "Not the luminosity or the uncertainty of this run." : "",
    ].filter(Boolean).join(" ");
  }

  function rows(place, options) {
    const made = model().samples.map((sample) => {
      const scale = sample.kind === "data" ? 1 : options.scale;
      const [total, error] = [scale * sample.total[place], scale * sample.error[place]];
      const cells = [
        sample.kind === "data" ? written(total, 6) : measured(total, error),
        grouped(String(sample.events[place])),
        percent(sample.total[0] ? sample.total[place] / sample.total[0] : NaN),
      ].map((text) => element("td", { class: "number" }, text));
      return element("tr", {}, element("th", { scope: "row" }, sample.title), element("td", {}, sample.kind), ...cells);
    });
    panel.querySelector("tbody").replaceChildren(...made);
  }

  function draw() {
    const merit = control("merit").value, [title, value] = MERITS[merit];
    const place = control("cut").valueAsNumber, options = asked(), cuts = model().cuts;
    const all = cuts.map((_, i) => atCut(model(), i, options));
    const good = all.map((at) => (at.effective >= run.floor ? value(at) : null));
    const best = merit === "asimov_z" && options.scale === 1 && options.uncertainty === run.background_uncertainty ? run.maxima[model().model] : null;
    const narrow = panel.clientWidth < 600;
    const ticks = (narrow ? [0, 0.5, 0.98, 0.998, 0.9999] : [0, 0.5, 0.8, 0.9, 0.98, 0.99, 0.998, 0.9999]).map((score) => nearest(cuts, score));
    const at = (i) => cuts[i].toPrecision(5);
    chart(panel.querySelector(".chart"), () => [
      [
        {
          x: cuts.map((_, i) => i), y: good, customdata: cuts, name: title, line: { color: run.models[model().model], width: 2 },
          hovertemplate: "score ≥ %{customdata:.4f}: %{y:.4g}<extra></extra>",
        },
        { x: [place], y: [good[place]], name: "this cut", mode: "markers", marker: { size: 11, color: shown("--accent") }, hoverinfo: "skip" },
        ...(best ? [honest(best, cuts)] : []),
      ],
      {
        xaxis: { title: { text: escaped(`cut on the score of ${model().model}`) }, tickvals: ticks, ticktext: ticks.map((i) => String(Number(at(i)))), tickangle: 0, range: [-1, cuts.length] },
        yaxis: { title: { text: title }, ...(merit === "limit" ? { type: "log" } : { rangemode: "tozero" }) },
        shapes: [{ type: "line", x0: place, x1: place, y0: 0, y1: 1, yref: "paper", line: { color: shown("--accent"), width: 1, dash: "dot" } }],
      },
    ]);
  }

  panel.querySelector(".controls").addEventListener("input", (event) => {
    if (event.target.name === "model") toBest();
    tell();
    if (drawing) draw();
  });
  toBest();
  tell();
  near(panel, draw);
}
