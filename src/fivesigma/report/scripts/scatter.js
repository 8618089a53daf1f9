// Feature against feature for a few events of each sample; what the lasso holds in one panel is marked in all.

const MOST_DRAWN = 5;

/** Return the panels below the diagonal, row by row, each with the row and the column of its features. */
function pairsOf(features) {
  return features.slice(1).flatMap((_, row) => features.slice(0, row + 1).map((__, column) => ({ row: row + 1, column })));
}

/** Return the axes of one panel: those of a column share their range, the lowest has its title. */
function panelAxes(features, { row, column }, name, lowest) {
  const last = features.length - 1, step = 1 / last, bottom = row === last;
  const title = (place) => ({ title: { text: escaped(titleOf(run.scatter.features[features[place]])), font: { size: 12 } } });
  const lines = { gridcolor: shown("--rule"), linecolor: shown("--muted"), showline: true, mirror: true, zeroline: false };
  return {
    [`xaxis${name}`]: {
      ...lines, anchor: `y${name}`, domain: [column * step, (column + 0.92) * step],
      ...(bottom ? title(column) : { showticklabels: false, matches: lowest }),
    },
    [`yaxis${name}`]: {
      ...lines, anchor: `x${name}`, domain: [1 - row * step, 1 - (row - 0.92) * step],
      ...(column === 0 ? title(row) : { showticklabels: false }),
    },
  };
}

function panelTraces(features, { row, column }, name, selected) {
  return run.scatter.samples.map((sample, i) => ({
    x: sample.values[features[column]],
    y: sample.values[features[row]],
    xaxis: `x${name}`,
    yaxis: `y${name}`,
    type: "scatter",
    mode: "markers",
    name: escaped(sample.title),
    legendgroup: sample.name,
    showlegend: name === "",
    hoverinfo: "skip",
    marker: { size: 3.5, color: run.samples[sample.name].colour, opacity: 0.65 },
    selectedpoints: selected ? [...selected[i]] : undefined,
    selected: { marker: { opacity: 1, size: 5 } },
    unselected: { marker: { opacity: 0.12 } },
    meta: i,
  }));
}

function scatterPanel(panel) {
  const place = panel.querySelector(".chart"), chosen = panel.querySelector("fieldset");
  const first = panel.parentElement.clientWidth < 600 ? 3 : 4;
  run.scatter.features.forEach((feature, i) => {
    const box = element("input", { type: "checkbox", value: i, ...(i < first ? { checked: "" } : {}) });
    chosen.append(element("label", {}, box, " ", titleOf(feature)));
  });
  const boxes = [...chosen.querySelectorAll("input")];
  let selected = null;

  function tell() {
    const parts = run.scatter.samples.map((sample, i) => `${sample.title} ${selected?.[i].size} of ${sample.values[0].length}`);
    panel.querySelector("[data-says=selected]").textContent = selected
      ? `Inside the lasso: ${parts.join("; ")}.`
      : "Draw around events with the lasso: they are marked in every panel and counted here.";
  }

  async function draw() {
    const features = boxes.filter((box) => box.checked).map((box) => Number(box.value)), last = features.length - 1;
    for (const box of boxes) box.disabled = box.checked ? features.length <= 2 : features.length >= MOST_DRAWN;
    const pairs = pairsOf(features), names = pairs.map((_, i) => (i ? String(i + 1) : ""));
    const lowest = ({ column }) => `x${names[pairs.findIndex((pair) => pair.row === last && pair.column === column)]}`;
    await chart(place, () => [
      pairs.flatMap((pair, i) => panelTraces(features, pair, names[i], selected)),
      {
        ...Object.assign({}, ...pairs.map((pair, i) => panelAxes(features, pair, names[i], lowest(pair)))),
        dragmode: "lasso", height: 220 + 170 * last, margin: { l: 70, r: 34, t: 16, b: 60 },
      },
    ]);
    place.removeAllListeners("plotly_selected");
    place.on("plotly_selected", (event) => mark(event?.points));
    place.removeAllListeners("plotly_deselect");
    place.on("plotly_deselect", () => mark());
  }

  /** Mark the events of some points in every panel; all events where there are none. */
  async function mark(points) {
    selected = points ? run.scatter.samples.map(() => new Set()) : null;
    for (const point of points ?? []) selected[point.data.meta].add(point.pointIndex);
    tell();
    const Plotly = await plotly();
    Plotly.restyle(place, { selectedpoints: place.data.map((trace) => (selected ? [...selected[trace.meta]] : null)) });
  }

  chosen.addEventListener("input", draw);
  tell();
  near(panel, draw);
}
