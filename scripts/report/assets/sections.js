// A section for each model, board and cell, made when it is asked for: #model/x, #board/y, #cell/x/int8/y.
const facts = (pairs) => h("dl", {}, pairs.filter(([, value]) => has(value) && value !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
const listing = (caption, heads, lines, kind = "full") => h("div", { class: "wide" }, h("table", { class: kind }, h("caption", {}, caption),
  h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, lines)));

function cellList(rows, caption) {
  const lines = rows.slice(0, 500).map((row) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: cellHref(row) }, cellName(row))), COLUMNS.slice(3).map((column) => column.cell(row))));
  return listing(rows.length > 500 ? `${caption} The first 500 of ${rows.length}.` : caption, ["cell", ...COLUMNS.slice(3).map(({ head }) => head)], lines, "full cells");
}

function advice(model, board) {
  const lines = DATA.advice[model]?.[board] || [];
  return lines.length ? h("ul", {}, lines.map((line) => h("li", {}, line))) : null;
}

function modelSection(name) {
  const info = DATA.model_info[name] || { facts: [], dataset: [] };
  const rows = DATA.rows.filter((row) => row.model === name);
  const schemes = unique(rows.map((row) => row.scheme)).map((scheme) => {
    const row = rows.find((one) => one.scheme === scheme);
    return h("tr", {}, h("th", { scope: "row" }, scheme), h("td", {}, accuracyText(row)), h("td", {}, whole(row.accuracy_samples)), h("td", {}, percent(row.agreement_with_float, 2)), h("td", {}, has(row.output_sqnr_db) ? row.output_sqnr_db.toFixed(1) : "-"));
  });
  return [
    h("h3", {}, "Declaration"), facts(info.facts), info.dataset.length ? [h("h3", {}, "Data"), facts(info.dataset)] : null,
    h("h3", {}, "Accuracy by scheme"), listing("On the test split; ± is the larger half of the 95 % interval.", ["scheme", "accuracy, %", "samples", "agreement with float32, %", "output SQNR, dB"], schemes, ""),
    DATA.advice[name] ? [h("h3", {}, "Advice"), advice(name, ""), unique(rows.map((row) => row.board)).map((board) => [advice(name, board) ? h("h4", {}, link("board", board)) : null, advice(name, board)])] : null,
    h("h3", {}, "Cells"), cellList(rows, `Every cell of ${name}.`),
  ];
}

function boardSection(name) {
  const info = DATA.board_info[name] || { facts: [], memory: [], references: [] };
  return [
    h("h3", {}, "Board"), facts(info.facts),
    info.memory.length ? listing("Memory regions.", ["region", "kind", "origin", "KiB"], info.memory.map(([region, kind, origin, bytes]) => h("tr", {}, h("th", { scope: "row" }, region), h("td", {}, kind), h("td", {}, origin), h("td", {}, kib(bytes)))), "") : null,
    info.references.length ? [h("h3", {}, "Manuals"), h("ul", {}, info.references.map((text) => h("li", {}, text)))] : null,
    DATA.models.some((model) => DATA.advice[model]?.[name]) ? [h("h3", {}, "Advice"), DATA.models.map((model) => (advice(model, name) ? [h("h4", {}, link("model", model)), advice(model, name)] : null))] : null,
    h("h3", {}, "Cells"), cellList(DATA.rows.filter((row) => row.board === name), `Every cell on ${name}.`),
  ];
}

function cellSection(row) {
  const detail = DETAILS.cells[row.index];
  const graph = has(detail.graph) ? DETAILS.graphs[detail.graph] : null;
  return [
    h("p", {}, row.status === "ok" ? badge(row.latency_provenance) : refusal(row), " ", row.reason || ""),
    facts([
      ["model", link("model", row.model)], ["board", link("board", row.board)], ["accuracy", has(row.accuracy) ? `${accuracyText(row)} % of ${whole(row.accuracy_samples)} samples` : null],
      ["latency", has(row.latency_ms) ? [`${digits(row.latency_ms)} ms ${errorText(row)} `, badge(row.latency_provenance), has(row.latency_cycles) ? ` ${whole(row.latency_cycles)} cycles at ${row.clock_hz / 1e6} MHz` : ""] : null],
      ["energy", has(row.energy_uj) ? [`${digits(row.energy_uj)} µJ at ${row.supply_v} V, ${digits(row.power_mw)} mW while it computes `, badge(row.energy_provenance)] : null],
      ["battery life", has(row.battery_life_days) ? [`${digits(row.battery_life_days)} days, ${digits(row.average_power_mw)} mW on average `, badge("estimated")] : null],
    ]),
    advice(row.model, row.board) ? [h("h3", {}, `Advice for ${row.model} on ${row.board}`), advice(row.model, row.board)] : null,
    h("h3", {}, "Size"), sizes(row),
    has(detail.largest) && detail.largest.length ? largest(detail.largest) : null,
    detail.cycles.length ? [h("h3", {}, "Layers"), layers(graph, detail, row)] : null,
    graph && graph.tensors.length ? [h("h3", {}, "Memory plan"), plan(graph)] : null,
    h("h3", {}, "Serial log"), detail.log ? h("pre", { tabindex: 0, "aria-label": "serial log" }, detail.log) : h("p", {}, "There is no log here: the record was made elsewhere or taken from a cache."),
    h("h3", {}, "Provenance"), facts(detail.provenance.map(([name, value]) => [name, h("code", {}, value)])),
  ];
}

function largest(symbols) {
  const lines = symbols.map(([memory, name, bytes, way]) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, name)), h("td", {}, memory === "ram" ? "RAM" : memory), h("td", {}, whole(bytes)), h("td", {}, way || "-")));
  return listing("The largest consumers of each memory, by their names in the image.", ["symbol", "memory", "bytes", "smaller by"], lines, "");
}

function sizes(row) {
  const lines = ["flash_bytes", "ram_bytes"].filter((name) => has(row[name])).map((name) => {
    const metric = METRICS[name];
    const limit = Math.max(row[metric.capacity] || 0, row[name]);
    const left = 1;
    const width = (bytes) => ((WIDTH - 2) * bytes) / limit;
    const words = metric.parts.map(([part, label]) => `${label} ${whole(row[part])}`).join(", ");
    return [h("p", {}, h("strong", {}, metric.title.split(",")[0]), ` ${whole(row[name])} of ${whole(row[metric.capacity])} bytes: ${words}`),
      s("svg", { viewBox: `0 0 ${WIDTH} 24`, "aria-hidden": "true", style: "max-width:44rem" }, s("rect", { x: left, y: 3, width: width(row[metric.capacity] || 0), height: 16, fill: "none", stroke: "var(--muted)" }), stack(row, metric, 2, width, left))];
  });
  return lines.length ? lines : h("p", {}, "The sizes of this cell are not known.");
}

function layers(graph, detail, row) {
  const total = detail.cycles.reduce((sum, cycles) => sum + cycles, 0);
  const lines = detail.cycles.map((cycles, place) => {
    const [name, op, macs] = graph ? graph.layers[place] : detail.layers[place];
    return h("tr", {}, h("th", { scope: "row" }, `${place} ${op.toLowerCase()}`, h("br"), h("small", {}, name)), h("td", {}, whole(macs)), h("td", {}, whole(cycles)), h("td", {}, macs ? (cycles / macs).toFixed(2) : "-"), h("td", {}, `${((100 * cycles) / total).toFixed(1)} %`),
      h("td", {}, s("svg", { viewBox: "0 0 120 12", style: "width:7.5rem", "aria-hidden": "true" }, s("rect", { class: "part part0", width: (120 * cycles) / total, height: 12 }))));
  });
  return listing(`Cycles of each layer, in order of execution (${row.latency_provenance}); together ${whole(total)} of ${whole(row.latency_cycles)}.`, ["layer", "MACs", "cycles", "cycles per MAC", "share", ""], lines, "");
}

function plan(graph) {
  const [left, top, height] = [64, 6, 220];
  const columns = graph.layers.length + 2;
  const step = (WIDTH - left - 6) / columns;
  const y = (bytes) => top + (height * bytes) / graph.arena;
  const boxes = graph.tensors.map(([name, offset, size, first, last], place) => s("rect", { class: `part part${place % 5}`, "fill-opacity": 0.75, x: left + (first + 1) * step, y: y(offset), width: (last - first + 1) * step, height: Math.max(1, y(size) - top) },
    s("title", {}, `${name}: ${size} bytes at ${offset}, steps ${first} to ${last}`)));
  const ticks = unique([0, ...graph.tensors.map((tensor) => tensor[1]), graph.arena]).filter((offset, place, all) => place === 0 || y(offset) - y(all[place - 1]) > 9 || offset === graph.arena);
  const labels = Array.from({ length: columns }, (_, place) => s("text", { class: "faint", "font-size": Math.min(10, step), x: left + (place + 0.5) * step, y: top + height + 14, "text-anchor": "middle" }, place === 0 ? "in" : place === columns - 1 ? "out" : place - 1));
  const bound = graph.arena === graph.bound ? "which no plan can beat" : `the lower bound is ${whole(graph.bound)}`;
  const text = `Arena of ${whole(graph.arena)} bytes, ${bound}. Steps from left to right, bytes from top to bottom, a box for the life of each tensor.`;
  return [h("figure", { style: "max-width:50rem" }, h("figcaption", {}, text), s("svg", { viewBox: `0 0 ${WIDTH} ${height + 24}`, role: "img", "aria-label": text }, boxes, ticks.map((offset) => s("text", { class: "faint", "font-size": 9, x: left - 6, y: y(offset) + 3, "text-anchor": "end" }, offset)), labels)),
    h("details", {}, h("summary", {}, "Tensors"), listing("Places in the arena, in bytes; -1 is before the first step.", ["tensor", "offset", "size", "first step", "last step"], graph.tensors.map(([name, ...numbers]) => h("tr", {}, h("th", { scope: "row" }, name), numbers.map((number) => h("td", {}, number)))), ""))];
}

function findCell(path) {
  const [model, scheme, board, engine] = path.split("/").map(decodeURIComponent);
  return DATA.rows.find((row) => row.model === model && row.scheme === scheme && row.board === board && row.engine === (engine || "boardwalk"));
}

async function route(moved) {
  const hash = location.hash;
  if (hash.startsWith("#cell/")) DETAILS ??= await unpack("details");
  if (location.hash !== hash) return; // somebody went on meanwhile
  const [, kind, rest] = location.hash.match(/^#(model|board|cell)\/(.+)$/) || [];
  const name = rest && (kind === "cell" ? rest : decodeURIComponent(rest));
  const row = kind === "cell" ? findCell(rest) : null;
  const known = kind && (kind === "cell" ? row : DATA[`${kind}s`].includes(name));
  document.body.dataset.route = location.hash;
  byId("overview").hidden = Boolean(kind);
  byId("detail").hidden = !kind;
  document.title = known ? `${row ? cellName(row) : name} · Boardwalk` : "Boardwalk: results";
  if (!kind) {
    if (moved && location.hash === "#overview") byId("overview").focus();
    return;
  }
  const title = known ? (row ? cellName(row) : DATA[`${kind}_info`][name]?.title || name) : `There is no ${kind} ${name} on this page`;
  show("detail", h("p", {}, h("a", { href: "#overview" }, "← all results")), h("h2", { tabindex: -1, id: "detail-title" }, title), known && !row && title !== name ? h("p", {}, h("code", {}, name)) : null,
    known ? (row ? cellSection(row) : kind === "model" ? modelSection(name) : boardSection(name)) : null);
  if (moved) {
    window.scrollTo(0, 0);
    byId("detail-title").focus();
  }
}

async function start() {
  DATA = await load();
  for (const kind of ["model", "board"]) show(`nav-${kind}s`, h("li", {}, `${kind}s`), DATA[`${kind}s`].map((name) => h("li", {}, link(kind, name))));
  setUpPick();
  setUpTable();
  await route(Boolean(location.hash));
  window.addEventListener("hashchange", () => route(true));
  document.documentElement.dataset.ready = "yes";
}
start();
