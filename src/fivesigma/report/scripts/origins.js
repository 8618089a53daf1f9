// Where a number comes from: its place in the run's files, the record it stands in, and the events behind it.

const HOVER = 450;

/** Follow a JSON pointer (RFC 6901) below a file; return the record the number stands in, its key and itself. */
function found(origin) {
  const [file, ...tokens] = origin.split("/");
  const keys = tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  let record = null, value = run.files[file];
  for (const key of keys) [record, value] = [value, value[key]];
  return { file, keys, record, value };
}

function facts(origin) {
  return Object.entries(run.origins).filter(([start]) => origin === start || origin.startsWith(`${start}/`)).flatMap(([, told]) => told);
}

function scalars(record) {
  const told = (value) => typeof value === "number" || typeof value === "string" || typeof value === "boolean";
  return Object.entries(record ?? {}).filter(([, value]) => told(value)).slice(0, 12);
}

/** Return what is told of a number as it stands in a file. */
function readFrom(origin) {
  const { file, keys, record, value } = found(origin);
  const others = scalars(record).filter(([key]) => key !== keys.at(-1)).map(([key, other]) => `${key} ${other}`);
  return [
    ["Value", String(value)], ["Stands in", `${file}: ${keys.join(" › ")}`], ...facts(origin),
    ...(others.length ? [["Beside it", others.join("; ")]] : []),
  ];
}

/** Return what is told of a number that was computed from several: these, and what holds for all of them. */
function computedFrom(place, sources) {
  const from = sources.map((origin) => found(origin)).map(({ file, keys, value }) => `${file}: ${keys.join(" › ")} = ${value}`);
  const [first, ...others] = sources.map(facts);
  const shared = first.filter(([word, text]) => others.every((told) => told.some(([w, t]) => w === word && t === text)));
  return [["Value", place.textContent], ...(place.title ? [["Is", place.title]] : []), ["Computed from", from.join("\n")], ...shared];
}

function originsPanel(card) {
  let waiting = 0, held = null;

  function show(place, pinned) {
    const list = element("dl", {});
    const add = (word, text) => list.append(element("dt", {}, word), element("dd", {}, text));
    const sources = place.dataset.from.split("\n");
    for (const [word, text] of sources.length > 1 ? computedFrom(place, sources) : readFrom(sources[0])) add(word, text);
    const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    close.addEventListener("click", hide);
    card.replaceChildren(close, list);
    card.hidden = false;
    const box = place.getBoundingClientRect(), width = card.offsetWidth, height = card.offsetHeight;
    const above = box.bottom + height + 12 > innerHeight && box.top > height + 12;
    card.style.left = `${Math.max(8, Math.min(box.left + scrollX, scrollX + document.documentElement.clientWidth - width - 12))}px`;
    card.style.top = `${(above ? box.top - height - 6 : box.bottom + 6) + scrollY}px`;
    held = pinned ? place : null;
    if (pinned) place.setAttribute("aria-describedby", card.id);
  }

  function hide() {
    held?.removeAttribute("aria-describedby");
    held?.focus?.();
    held = null;
    card.hidden = true;
  }

  document.addEventListener("mouseover", (event) => {
    const place = event.target.closest?.("[data-from]");
    clearTimeout(waiting);
    if (held || card.contains(event.target)) return;
    if (place) waiting = setTimeout(() => show(place, false), HOVER);
    else card.hidden = true;
  });
  document.addEventListener("click", (event) => {
    const place = event.target.closest?.("[data-from]");
    if (place) show(place, true);
    else if (!card.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !card.hidden) hide();
    const place = event.target.closest?.("[data-from]");
    if (place && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); show(place, true); }
    if (["ArrowRight", "ArrowLeft"].includes(event.key)) step(event, place);
  });
}

/** Move from number to number within a table: one stop of the tabulator for each table, arrows inside. */
function step(event, place) {
  const region = event.target.closest?.(".scroll, .numbers");
  if (!region) return;
  const all = [...region.querySelectorAll("[data-from]")];
  if (!all.length) return;
  const next = place ? all.indexOf(place) + (event.key === "ArrowRight" ? 1 : -1) : 0;
  event.preventDefault();
  all[Math.max(0, Math.min(next, all.length - 1))].focus();
}
