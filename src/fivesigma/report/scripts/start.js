// What happens when the page is there: panels wake, figures get their buttons, numbers can be asked where they come from.

const PANELS = { thresholds: thresholdPanel, histograms: histogramPanel, scatter: scatterPanel };

function themeButton() {
  const button = element("button", { type: "button", class: "theme" });
  const names = { "": "as the system has it", light: "light", dark: "dark" }, order = ["", "light", "dark"];
  const say = () => { button.textContent = `Colours: ${names[document.documentElement.dataset.theme ?? ""]}`; };
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(document.documentElement.dataset.theme ?? "") + 1) % order.length];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    say();
    redraw();
  });
  say();
  document.querySelector("nav").append(button);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

/** Make ready what nobody has scrolled to, one figure at a time while nothing else is to do: the page opens before all are drawn. */
function readyFigures() {
  const waiting = [...document.images].filter((image) => image.loading === "lazy" && !image.complete);
  const idle = window.requestIdleCallback ?? ((call) => setTimeout(call, 20));
  const next = () => {
    const image = waiting.shift();
    if (!image) return;
    image.loading = "eager";
    image.decode().catch(() => {}).finally(() => idle(next)); // one that fails is the browser's to tell
  };
  idle(next);
}

document.documentElement.classList.add("scripted");
for (const panel of document.querySelectorAll("[data-panel]")) {
  panel.hidden = false;
  PANELS[panel.dataset.panel](panel);
}
for (const figure of document.querySelectorAll("figure[data-chart]")) chartButton(figure);
for (const place of document.querySelectorAll("[data-from]")) place.setAttribute("tabindex", "-1");
originsPanel(document.getElementById("origin"));
themeButton();
addEventListener("load", readyFigures);
