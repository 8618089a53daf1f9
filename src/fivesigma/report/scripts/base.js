// What all panels share: the numbers of the run, how numbers are written, and the library that draws, unpacked when first needed.

const run = JSON.parse(document.getElementById("run").textContent);

const MINUS = "\u2212", NARROW = "\u202f", SPACE = "\u00a0";

/** Return a number to so many significant digits, as the page prints it. */
function written(value, digits = 4) {
  if (value === null || Number.isNaN(value)) return "—";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= 7 || power < -4) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
    return `${mantissa.replace("-", MINUS)}${NARROW}×${NARROW}10${raised}`;
  }
  return grouped(value.toFixed(Math.max(0, digits - 1 - power)));
}

/** Return value ± error, the error to two digits and the value to the same place. */
function measured(value, error) {
  if (!(error > 0)) return written(value);
  const places = Math.max(0, 1 - Math.floor(Math.log10(error)));
  return `${grouped(value.toFixed(places))}${SPACE}±${SPACE}${grouped(error.toFixed(places))}`;
}

function percent(value) {
  return `${written(100 * value, 3)}${SPACE}%`;
}

function grouped(text) {
  const [whole, decimals] = text.replace("-", "").split(".");
  const parts = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, NARROW) : whole;
  return (text.startsWith("-") ? MINUS : "") + parts + (decimals === undefined ? "" : `.${decimals}`);
}

/** Return an element with text or children; everything is set as text, nothing is read as markup. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
}

function titleOf(feature) {
  return run.titles[feature] ?? feature;
}

/** Return text as it must stand in charts, whose library reads a little markup. */
function escaped(text) {
  return text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

// -- the library ------------------------------------------------------------------------------------------------------

let drawing = null;

/** Return the drawing library, a promise: it lies packed in the page and is unpacked once, when the first chart is near. */
function plotly() {
  drawing ??= unpacked(document.getElementById("plotly").textContent).then((code) => {
    document.head.append(element("script", {}, code));
    return window.Plotly;
  });
  return drawing;
}

async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// -- charts -----------------------------------------------------------------------------------------------------------

const charts = new Set();

function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Return a layout in the colours of the page, with what a chart wants of its own. */
function layout({ xaxis = {}, yaxis = {}, ...own } = {}) {
  const axis = { gridcolor: shown("--rule"), linecolor: shown("--muted"), zeroline: false, ticks: "outside", showline: true, mirror: true, automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: ink("--sans"), size: 13, color: shown("--ink") },
    margin: { l: 56, r: 34, t: 16, b: 50 },
    hoverlabel: { font: { family: ink("--sans") } },
    legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom" },
    modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)", color: shown("--muted"), activecolor: shown("--accent") },
    ...own,
    xaxis: { ...axis, ...xaxis },
    yaxis: { ...axis, ...yaxis },
  };
}

/** Return a colour of the page as the browser computes it: the library does not read light-dark(). */
function shown(name) {
  const probe = document.getElementById("probe");
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/** Return the buttons beside a chart, by name: none that would send anything anywhere. */
function buttons({ dragmode }) {
  return [...(dragmode === "lasso" ? ["lasso2d", "select2d"] : []), "zoom2d", "pan2d", "resetScale2d", "toImage"];
}

/** Draw a chart, and draw it again whenever the page turns dark or light; ``make`` returns its traces and its layout. */
async function chart(place, make) {
  const Plotly = await plotly();
  const [traces, own] = make();
  await Plotly.react(place, traces, layout(own), { responsive: true, displaylogo: false, modeBarButtons: [buttons(own)] });
  place.redraw = () => chart(place, make);
  charts.add(place);
  place.dataset.drawn = "yes";
}

function redraw() {
  for (const place of charts) place.redraw();
}

/** Call once, when an element first comes near the window. */
function near(place, call) {
  const watch = new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting)) {
      watch.disconnect();
      call();
    }
  }, { rootMargin: "400px" });
  watch.observe(place);
}
