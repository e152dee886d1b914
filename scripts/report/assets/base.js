// Elements, words for numbers, and the rows: what all parts of the page share. Text never becomes markup.
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== "") node.append(child);
  }
  return node;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);
const show = (id, ...nodes) => byId(id).replaceChildren(...nodes.flat(Infinity).filter((node) => node));
const unique = (values) => [...new Set(values)];
const has = (value) => value !== null && value !== undefined;

// Three significant digits without an exponent, as the terminal says it.
function digits(value) {
  if (!has(value)) return "-";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
}
const percent = (share, decimals = 1) => (has(share) ? (100 * share).toFixed(decimals) : "-");
const kib = (bytes) => (has(bytes) ? (bytes / 1024).toFixed(1) : "-");
const whole = (value) => (has(value) ? Math.round(value).toLocaleString("en") : "-");
const plain = (status) => status.replaceAll("_", " ");
const half = (row) => Math.max(row.accuracy - row.accuracy_ci_low, row.accuracy_ci_high - row.accuracy);
const accuracyText = (row) =>
  !has(row.accuracy) ? "-" : has(row.accuracy_ci_low) ? `${percent(row.accuracy)} ±${percent(half(row))}` : percent(row.accuracy);
const errorText = (row) => (has(row.latency_error_pct) ? `±${row.latency_error_pct} %` : "error not known");

const badge = (provenance) => (provenance ? h("span", { class: `badge ${provenance}` }, provenance) : null);
const refusal = (row) => h("span", { class: "badge refused" }, plain(row.status));

const KEYS = { model: "model", scheme: "scheme", board: "board" };
const link = (kind, name, text) => h("a", { href: `#${kind}/${encodeURIComponent(name)}` }, text || name);
const cellHref = (row) => `#cell/${[row.model, row.scheme, row.board].join("/")}${row.engine === "boardwalk" ? "" : `/${encodeURIComponent(row.engine)}`}`;
const cellName = (row) => `${row.model} ${row.scheme} on ${row.board}${row.engine === "boardwalk" ? "" : ` (${row.engine})`}`;

// What a cell can be ranked and drawn by; `parts` are stacked, `capacity` is their limit.
const METRICS = {
  latency_ms: { title: "latency, ms", unit: "ms", log: true, text: digits, badge: "latency_provenance" },
  energy_uj: { title: "energy of one inference, µJ", unit: "µJ", log: true, text: digits, badge: "energy_provenance" },
  flash_bytes: { title: "flash, KiB", unit: "KiB", text: kib, capacity: "flash_capacity_bytes",
    parts: [["flash_code_bytes", "code", 0], ["flash_weights_bytes", "weights", 1]] },
  ram_bytes: { title: "RAM, KiB", unit: "KiB", text: kib, capacity: "ram_capacity_bytes",
    parts: [["ram_arena_bytes", "tensor arena", 2], ["ram_static_bytes", "static", 3], ["ram_stack_bytes", "stack", 4]] },
};

// Each scheme one colour, each board one shape, in order of appearance: the same everywhere on the page.
const SHAPES = [
  "M-6 0A6 6 0 1 0 6 0A6 6 0 1 0-6 0Z", "M-5.5-5.5H5.5V5.5H-5.5Z", "M0-7L6.5 5H-6.5Z", "M0-7.5L7 0L0 7.5L-7 0Z",
  "M0 7L6.5-5H-6.5Z", "M-2.2-6.5H2.2V-2.2H6.5V2.2H2.2V6.5H-2.2V2.2H-6.5V-2.2H-2.2Z", "M-7-2.5L0-7L7-2.5L4.5 6H-4.5Z",
  "M-6.5 0L-3.2-6H3.2L6.5 0L3.2 6H-3.2Z", "M0-7L2-2H7L3 1.5L4.5 7L0 3.5L-4.5 7L-3 1.5L-7-2H-2Z", "M-7-3H7V3H-7Z",
];
const mark = (row, attributes) =>
  s("path", { d: SHAPES[DATA.boards.indexOf(row.board) % SHAPES.length], class: `mark${row.scheme ? ` s${DATA.schemes.indexOf(row.scheme) % 5}` : ""}`, ...attributes });

let DATA = null;
let DETAILS = null; // of the cells; most of the data, unpacked when the first cell is looked at

async function unpack(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

async function load() {
  const data = await unpack("data");
  data.rows = data.rows.map((values, index) => {
    const row = { index };
    data.columns.forEach((name, place) => { row[name] = values[place]; });
    return row;
  });
  for (const key of Object.keys(KEYS)) data[`${key}s`] = unique(data.rows.map((row) => row[key]));
  return data;
}
