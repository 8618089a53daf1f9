// Figures that can be looked into: each has a button that puts a chart of the same numbers in the picture's place.

function rocChart(curves, choice) {
  const rejection = choice === "rejection";
  const drawn = (values) => values.map((value) => (rejection ? (value > 0 ? 1 / value : null) : value));
  return [
    [
      ...curves.map((curve) => ({
        x: curve.signal_efficiency, y: drawn(curve.background_efficiency), customdata: curve.background_efficiency,
        name: `${escaped(curve.model)}, AUC ${written(curve.auc.value, 4)}`, mode: "lines", line: { color: run.models[curve.model], width: 2 },
        hovertemplate: `signal %{x:.3f}, background %{customdata:.4g}<extra>${escaped(curve.model)}</extra>`,
      })),
      { x: curves[0].signal_efficiency, y: drawn(curves[0].signal_efficiency), name: "no separation", mode: "lines", line: { color: shown("--muted"), dash: "dot", width: 1 }, hoverinfo: "skip" },
    ],
    {
      xaxis: { title: { text: "signal efficiency" }, range: [0, 1] },
      yaxis: rejection ? { title: { text: "background rejection" }, type: "log", dtick: 1, exponentformat: "power" } : { title: { text: "background efficiency" }, range: [0, 1] },
    },
  ];
}

function lossesChart(models, choice) {
  const model = models.find((one) => one.model === choice), colours = { training: run.palette[0], validation: run.palette[2] };
  const traces = Object.keys(colours).flatMap((part) => model[part].map((losses, fold) => ({
    x: losses.map((_, step) => step + 1), y: losses, mode: "lines", name: part, legendgroup: part, showlegend: fold === 0,
    line: { color: colours[part], width: 1.3 }, hovertemplate: `%{y:.4f}<extra>fold ${fold + 1}, ${part}</extra>`,
  })));
  return [traces, { xaxis: { title: { text: escaped(model.step) } }, yaxis: { title: { text: "loss" } } }];
}

function correlationsChart(classes, choice) {
  const one = classes.find((each) => each.name === choice), names = one.features.map((name) => escaped(titleOf(name)));
  const trace = {
    type: "heatmap", x: names, y: names, z: one.matrix, zmin: -1, zmax: 1, colorscale: "RdBu", reversescale: false,
    colorbar: { title: { text: "ρ" }, thickness: 14 }, hovertemplate: "%{y}<br>%{x}<br>ρ = %{z:.3f}<extra></extra>",
  };
  return [[trace], { yaxis: { autorange: "reversed", dtick: 1 }, xaxis: { tickangle: -45, dtick: 1 }, height: Math.max(420, 150 + 26 * names.length) }];
}

function scanChart(scan, choice) {
  const p = choice === "p", p_values = (curve) => curve.log_p.map((value) => (value === null ? null : Math.exp(value)));
  const traces = scan.curves.map((curve, i) => ({
    x: curve.mass, y: p ? p_values(curve) : curve.z, mode: "lines+markers", name: `${percent(curve.efficiency)} of events`,
    customdata: curve.z.map((z, place) => [z, p_values(curve)[place]]), line: { color: run.palette[i % run.palette.length] },
    hovertemplate: "%{x:.4g} GeV: Z = %{customdata[0]:.2f}, local p = %{customdata[1]:.2g}<extra></extra>",
  }));
  const highest = Math.ceil(Math.max(1, ...scan.curves.flatMap((curve) => curve.z)));
  return [traces, {
    xaxis: { title: { text: escaped(scan.title) } },
    yaxis: p ? { title: { text: "local p-value" }, type: "log", dtick: 1, exponentformat: "power" } : { title: { text: "local significance [σ]" } },
    shapes: run.tails.slice(0, highest).map((tail, i) => ({ type: "line", x0: 0, x1: 1, xref: "paper", y0: p ? tail : i + 1, y1: p ? tail : i + 1, line: { color: shown("--muted"), width: 1, dash: "dot" } })),
  }];
}

const named = (key) => (all) => all.map((one) => [one[key], one[key]]);

/** How each kind of chart is drawn, what one can choose of it, and what it can be chosen from: pairs of a value and its words. */
const CHARTS = {
  roc: [rocChart, "Background as", () => [["rejection", "rejection, logarithmic"], ["efficiency", "efficiency, linear"]]],
  losses: [lossesChart, "Model", named("model")],
  correlations: [correlationsChart, "In", named("name")],
  scan: [scanChart, "As", () => [["z", "significance"], ["p", "p-value"]]],
};

/** Give a figure a button that changes between its picture and a chart. */
function chartButton(figure) {
  const { chart: kind, of } = figure.dataset, [draw, word, options] = CHARTS[kind], numbers = run.charts[of];
  const card = figure.querySelector(".card"), picture = card.querySelector("img");
  const place = element("div", { class: "chart", role: "group", "aria-label": picture.alt }), choice = element("select");
  const inside = element("div", { class: "looking", hidden: "" }, element("div", { class: "controls" }, element("label", {}, word, choice)), place);
  fill(choice, options(numbers));
  const make = () => draw(numbers, choice.value);
  const button = element("button", { type: "button", class: "look", "aria-pressed": "false" }, "Look into it");
  card.append(inside);
  figure.querySelector("figcaption").append(" ", button);
  button.addEventListener("click", async () => {
    const on = inside.hidden;
    inside.hidden = !on;
    picture.hidden = on;
    figure.classList.toggle("looked", on);
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Back to the picture" : "Look into it";
    if (on) await chart(place, make);
  });
  choice.addEventListener("input", () => chart(place, make));
}
