// All cells: sorted by any column, filtered by text and by choice. Long tables draw only the rows in view.
const ROW_PX = 46;
const ALL_AT_ONCE = 300;
const view = { sort: null, descending: false, rows: [], from: -1 };

const memoryCell = (row, memory) => {
  const [used, capacity] = [row[`${memory}_bytes`], row[`${memory}_capacity_bytes`]];
  if (!has(used)) return h("td", {}, "-");
  return h("td", { class: capacity && used > capacity ? "over" : null }, kib(used), h("small", {}, capacity ? `${Math.round((100 * used) / capacity)} % of ${Math.round(capacity / 1024)}` : ""));
};
const COLUMNS = [
  { name: "model", head: "model", cell: (row) => h("th", { scope: "row" }, h("a", { href: cellHref(row) }, row.model), row.engine === "boardwalk" ? "" : h("small", {}, row.engine)) },
  { name: "scheme", head: "scheme", cell: (row) => h("th", { scope: "row" }, row.scheme) },
  { name: "board", head: "board", cell: (row) => h("th", { scope: "row" }, row.board) },
  { name: "accuracy", head: "accuracy, %", cell: (row) => h("td", {}, accuracyText(row)) },
  { name: "latency_ms", head: "latency, ms", cell: (row) => (row.status === "ok"
    ? h("td", {}, digits(row.latency_ms), " ", badge(row.latency_provenance), h("small", {}, row.latency_provenance === "measured" ? "" : errorText(row)))
    : h("td", { class: "reason", title: row.reason || "" }, refusal(row), " ", row.reason || "")) },
  { name: "flash_bytes", head: "flash, KiB", cell: (row) => memoryCell(row, "flash") },
  { name: "ram_bytes", head: "RAM, KiB", cell: (row) => memoryCell(row, "ram") },
  { name: "energy_uj", head: "energy, µJ", cell: (row) => h("td", {}, digits(row.energy_uj), " ", badge(row.energy_provenance), has(row.power_mw) ? h("small", {}, `${digits(row.power_mw)} mW`) : "") },
  { name: "battery_life_days", head: "battery, days", cell: (row) => h("td", {}, digits(row.battery_life_days)) },
];

function compare(name) {
  return (a, b) => {
    if (!has(a[name]) || !has(b[name])) return has(a[name]) ? -1 : has(b[name]) ? 1 : a.index - b.index; // no number: always last
    const order = typeof a[name] === "string" ? a[name].localeCompare(b[name], "en") : a[name] - b[name];
    return (view.descending ? -order : order) || a.index - b.index;
  };
}

function filtered() {
  const words = byId("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = ["model", "scheme", "board", "status"].map((key) => [key, byId(`filter-${key}`).value]).filter(([, value]) => value);
  return DATA.rows.filter((row) => chosen.every(([key, value]) => row[key] === value)
    && words.every((word) => `${row.model} ${row.scheme} ${row.board} ${row.engine} ${row.status} ${row.reason || ""}`.toLowerCase().includes(word)));
}

function updateTable() {
  view.rows = filtered();
  if (view.sort) view.rows.sort(compare(view.sort));
  for (const head of byId("cells").tHead.rows[0].cells) {
    head.setAttribute("aria-sort", head.dataset.name === view.sort ? (view.descending ? "descending" : "ascending") : "none");
  }
  byId("cells").setAttribute("aria-rowcount", view.rows.length + 1);
  byId("count").textContent = `${view.rows.length} of ${DATA.rows.length} cells`;
  view.from = -1;
  byId("scroll").scrollTop = 0;
  drawRows();
}

function drawRows() {
  const box = byId("scroll");
  const all = view.rows.length <= ALL_AT_ONCE;
  const first = all ? 0 : Math.max(0, Math.floor(box.scrollTop / ROW_PX) - 20);
  if (first === view.from || (view.from >= 0 && !all && Math.abs(first - view.from) < 10)) return;
  view.from = first;
  const last = all ? view.rows.length : Math.min(view.rows.length, first + Math.ceil(box.clientHeight / ROW_PX) + 50);
  const space = (count) => (count > 0 ? h("tr", { "aria-hidden": "true" }, h("td", { colspan: COLUMNS.length, style: `height:${count * ROW_PX}px;padding:0;border:0` })) : null);
  const lines = view.rows.slice(first, last).map((row, place) => h("tr", { "aria-rowindex": first + place + 2 }, COLUMNS.map((column) => column.cell(row))));
  byId("cells").tBodies[0].replaceChildren(...[space(first), ...lines, space(view.rows.length - last)].filter(Boolean));
}

function setUpTable() {
  const sortBy = (name) => {
    Object.assign(view, { descending: view.sort === name && !view.descending, sort: name });
    updateTable();
  };
  byId("cells").tHead.append(h("tr", {}, COLUMNS.map(({ name, head }) =>
    h("th", { scope: "col", "aria-sort": "none", "data-name": name }, h("button", { type: "button", onclick: () => sortBy(name) }, head)))));
  for (const key of ["model", "scheme", "board", "status"]) {
    const select = byId(`filter-${key}`);
    select.append(h("option", { value: "" }, "all"), ...unique(DATA.rows.map((row) => row[key])).map((value) => h("option", { value }, plain(value) === value ? value : key === "status" ? plain(value) : value)));
    select.addEventListener("input", updateTable);
  }
  byId("filter-text").addEventListener("input", updateTable);
  byId("scroll").addEventListener("scroll", drawRows, { passive: true });
  updateTable();
}
