// The answer in ten seconds: for one model, boards from top to bottom, schemes from left to right, the best marked.
const MOST_BOARDS = 200;
const choice = { model: null, metric: "latency_ms", budget: 1 };

const ofModel = () => DATA.rows.filter((row) => row.model === choice.model);
const runs = (row) => row.status === "ok" && has(row[choice.metric]);

// Cells that run and whose accuracy is at most the budget below the best of the model.
function eligible(rows) {
  const best = Math.max(...rows.map((row) => (has(row.accuracy) ? row.accuracy : -Infinity)));
  return rows.filter((row) => runs(row) && (!has(row.accuracy) || 100 * (best - row.accuracy) <= choice.budget + 1e-9));
}
const least = (rows) => rows.reduce((a, b) => (a && a[choice.metric] <= b[choice.metric] ? a : b), null);

function drawPick() {
  const rows = ofModel();
  const fit = eligible(rows);
  show("answer", answer(rows, fit));
  show("grid", grid(rows, fit));
  drawCharts(rows);
}

function answer(rows, fit) {
  const best = least(fit);
  const metric = METRICS[choice.metric];
  if (!best) return ["No cell of ", h("strong", {}, choice.model), " runs and is that accurate."];
  return [
    "Take ", h("a", { href: cellHref(best) }, h("strong", {}, `${best.scheme} on ${best.board}`)), `: ${digits(best.latency_ms)} ms `,
    badge(best.latency_provenance), ` ${errorText(best)}, accuracy ${accuracyText(best)} %, flash ${kib(best.flash_bytes)} KiB, `,
    `RAM ${kib(best.ram_bytes)} KiB`, has(best.energy_uj) ? [`, ${digits(best.energy_uj)} µJ `, badge(best.energy_provenance)] : "",
    `. It has the least ${metric.title.split(",")[0]} of the ${fit.length} cells that run within ${choice.budget} point${choice.budget === 1 ? "" : "s"} of the best accuracy (${rows.length} in all).`,
  ];
}

function grid(rows, fit) {
  const boards = unique(rows.map((row) => row.board));
  const schemes = unique(rows.map((row) => row.scheme));
  const metric = METRICS[choice.metric];
  const find = new Map(rows.filter((row) => row.engine === "boardwalk").map((row) => [`${row.board}/${row.scheme}`, row]));
  const head = schemes.map((scheme) => {
    const row = rows.find((one) => one.scheme === scheme && has(one.accuracy));
    return h("th", { scope: "col" }, scheme, h("br"), h("small", {}, row ? `${accuracyText(row)} %` : "no accuracy"));
  });
  const lines = boards.slice(0, MOST_BOARDS).map((board) => {
    const best = least(fit.filter((row) => row.board === board));
    return h("tr", {}, h("th", { scope: "row" }, link("board", board), h("br"), h("small", {}, DATA.board_info[board]?.short || "")),
      schemes.map((scheme) => gridCell(find.get(`${board}/${scheme}`), best, fit)));
  });
  return h("table", { class: "grid" },
    h("caption", {}, `${metric.title} of ${choice.model}; ★ is the best scheme of each board within the accuracy budget. `,
      boards.length > MOST_BOARDS ? `The first ${MOST_BOARDS} of ${boards.length} boards.` : ""),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "board"), head)), h("tbody", {}, lines));
}

function gridCell(row, best, fit) {
  if (!row) return h("td", {}, "-");
  if (!runs(row)) {
    return h("td", { class: "refused" }, h("a", { href: cellHref(row) }, plain(row.status === "ok" ? "no number" : row.status), h("br"), h("small", {}, row.reason || "")));
  }
  const share = (memory) => (row[`${memory}_capacity_bytes`] ? `${Math.round((100 * row[`${memory}_bytes`]) / row[`${memory}_capacity_bytes`])} %` : "-");
  return h("td", { class: row === best ? "pick" : fit.includes(row) ? null : "outside" },
    h("a", { href: cellHref(row), "aria-label": `${cellName(row)}: ${METRICS[choice.metric].text(row[choice.metric])} ${METRICS[choice.metric].unit}${row === best ? ", best of this board" : ""}` },
      row === best ? "★ " : "", h("strong", {}, METRICS[choice.metric].text(row[choice.metric])), ` ${METRICS[choice.metric].unit}`,
      h("br"), h("small", {}, `flash ${share("flash")}, RAM ${share("ram")}`)));
}

function setUpPick() {
  const models = byId("pick-model");
  models.replaceChildren(...DATA.models.map((model) => h("option", { value: model }, model)));
  choice.model = DATA.models[0];
  const metrics = Object.keys(METRICS).filter((name) => DATA.rows.some((row) => has(row[name])));
  byId("pick-metric").replaceChildren(...metrics.map((name) => h("option", { value: name }, METRICS[name].title)));
  Object.assign(choice, { metric: metrics[0] || "latency_ms", budget: DATA.budget_points });
  byId("pick-budget").value = DATA.budget_points;
  const update = () => {
    Object.assign(choice, { model: models.value, metric: byId("pick-metric").value, budget: Number(byId("pick-budget").value) || 0 });
    drawPick();
  };
  for (const id of ["pick-model", "pick-metric", "pick-budget"]) byId(id).addEventListener("input", update);
  update();
}
