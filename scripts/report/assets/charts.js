// Two charts of one model: accuracy versus the chosen number, and that number by board and scheme. Each mark is a link.
const WIDTH = 560;
const MOST_BARS = 120;

function scale(values, [from, to], log) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (log) {
    if (high / low < 10) [low, high] = [low / Math.sqrt(10), high * Math.sqrt(10)];
    [low, high] = [Math.log10(low) - 0.08, Math.log10(high) + 0.08];
  } else {
    const room = (high - low || Math.abs(high) || 1) * 0.12;
    [low, high] = [low - room, high + room];
  }
  const place = (value) => from + ((to - from) * ((log ? Math.log10(value) : value) - low)) / (high - low);
  place.ticks = log ? logTicks(low, high) : linearTicks(low, high);
  return place;
}
function logTicks(low, high) {
  const steps = high - low > 3 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(low); power <= high; power += 1)
    for (const step of steps) if (step * 10 ** power >= 10 ** low && step * 10 ** power <= 10 ** high) ticks.push(step * 10 ** power);
  return ticks;
}
function linearTicks(low, high) {
  const rough = (high - low) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * unit >= rough) * unit;
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(Number(tick.toPrecision(6)));
  return ticks;
}
const shown = (name, value) => (METRICS[name].unit === "KiB" ? value / 1024 : value);
const tickText = (value) => String(Number(value.toPrecision(3)));

function drawCharts(rows) {
  const running = rows.filter(runs);
  const scored = running.filter((row) => has(row.accuracy));
  show("charts", scored.length ? scatter(scored) : null, running.length ? bars(running) : h("p", {}, "No cell of this model runs."));
}

function scatter(rows) {
  const height = 320;
  const name = choice.metric;
  const x = scale(rows.map((row) => shown(name, row[name])), [48, WIDTH - 10], METRICS[name].log);
  const bounds = rows.flatMap((row) => [row.accuracy_ci_low ?? row.accuracy, row.accuracy_ci_high ?? row.accuracy]).map((share) => 100 * share);
  const y = scale(bounds, [height - 40, 10], false);
  const front = [];
  for (const row of [...rows].sort((a, b) => a[name] - b[name] || b.accuracy - a.accuracy))
    if (!front.length || row.accuracy > front[front.length - 1].accuracy) front.push(row);
  const at = (row) => [x(shown(name, row[name])), y(100 * row.accuracy)];
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": `Accuracy versus ${METRICS[name].title} of ${choice.model}` },
    x.ticks.map((tick) => [s("line", { class: "axis", x1: x(tick), x2: x(tick), y1: 10, y2: height - 40 }), s("text", { class: "faint", x: x(tick), y: height - 24, "text-anchor": "middle" }, tickText(tick))]),
    y.ticks.map((tick) => [s("line", { class: "axis", x1: 48, x2: WIDTH - 10, y1: y(tick), y2: y(tick) }), s("text", { class: "faint", x: 42, y: y(tick) + 4, "text-anchor": "end" }, tickText(tick))]),
    s("text", { class: "faint", x: WIDTH - 10, y: height - 6, "text-anchor": "end" }, `${METRICS[name].title}${METRICS[name].log ? ", log scale" : ""}`),
    s("polyline", { class: "front", points: front.map(at).join(" ") }),
    rows.map((row) => {
      const [left, top] = at(row);
      const error = name === "latency_ms" && has(row.latency_error_pct) ? row.latency_error_pct / 100 : 0;
      const sides = error ? s("path", { class: "error", d: `M${x(row[name] * (1 - error))} ${top}H${x(row[name] * (1 + error))}` }) : null;
      const interval = has(row.accuracy_ci_low) ? s("path", { class: "error", d: `M${left} ${y(100 * row.accuracy_ci_low)}V${y(100 * row.accuracy_ci_high)}` }) : null;
      const text = `${cellName(row)}: ${METRICS[name].text(row[name])} ${METRICS[name].unit} ${row[METRICS[name].badge] || ""}, accuracy ${accuracyText(row)} %`;
      return [interval, sides, s("a", { href: cellHref(row), "aria-label": text }, s("title", {}, text), mark(row, { transform: `translate(${left} ${top})` }))];
    }));
  return h("figure", {}, h("figcaption", {}, "Accuracy, %, with its 95 % interval; the dashed line joins the Pareto front. Each mark leads to its cell."), svg, key(rows));
}

function key(rows) {
  const one = (scheme, board, text) => h("li", {}, s("svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }, mark({ scheme, board })), text);
  return [
    h("ul", { class: "key", "aria-label": "colours" }, unique(rows.map((row) => row.scheme)).map((scheme) => one(scheme, DATA.boards[0], scheme))),
    h("ul", { class: "key", "aria-label": "shapes" }, DATA.boards.filter((board) => rows.some((row) => row.board === board)).map((board) => one(null, board, board))),
  ];
}

function bars(rows) {
  const name = choice.metric;
  const metric = METRICS[name];
  const order = (row) => DATA.boards.indexOf(row.board);
  const drawn = [...rows].sort((a, b) => order(a) - order(b) || a.index - b.index).slice(0, MOST_BARS);
  const height = 18 * drawn.length + 34;
  const left = 190;
  const right = WIDTH - 66;
  const share = (row) => (metric.capacity ? row[name] / row[metric.capacity] : row[name]);
  const x = metric.capacity ? Object.assign((value) => left + (right - left) * Math.min(value, 1), { ticks: [0, 0.5, 1] }) : scale(drawn.map(share), [left, right], true);
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": `${metric.title} by board and scheme` },
    x.ticks.map((tick) => [s("line", { class: "axis", x1: x(tick), x2: x(tick), y1: 0, y2: height - 30 }), s("text", { class: "faint", x: x(tick), y: height - 16, "text-anchor": "middle" }, metric.capacity ? `${100 * tick} %` : tickText(tick))]),
    drawn.map((row, place) => {
      const top = 18 * place;
      const text = `${cellName(row)}: ${metric.text(row[name])} ${metric.unit}${metric.capacity ? ` of ${kib(row[metric.capacity])} KiB` : ""}`;
      return s("a", { href: cellHref(row), "aria-label": text }, s("title", {}, text),
        s("text", { x: left - 6, y: top + 13, "text-anchor": "end" }, `${row.board} ${row.scheme}`),
        metric.parts ? stack(row, metric, top, (bytes) => ((right - left) * bytes) / row[metric.capacity], left) : bar(row, x, top, left, name),
        s("text", { x: WIDTH, y: top + 13, "text-anchor": "end" }, metric.text(row[name])));
    }),
    metric.capacity ? s("line", { class: "capacity", x1: right, x2: right, y1: 0, y2: height - 30 }) : null);
  const more = rows.length > drawn.length ? ` The first ${drawn.length} of ${rows.length} cells.` : "";
  const parts = metric.parts ? h("ul", { class: "key" }, metric.parts.map(([, label, part]) => h("li", {}, s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("rect", { class: `part part${part}`, width: 14, height: 14 })), label))) : null;
  return h("figure", {}, h("figcaption", {}, `${metric.title}${metric.capacity ? ", as a share of the board's capacity (red line)" : ", log scale"}.${more}`), svg, parts);
}
function bar(row, x, top, left, name) {
  const end = x(row[name]);
  const error = name === "latency_ms" && has(row.latency_error_pct) ? row.latency_error_pct / 100 : 0;
  return [
    s("line", { class: "axis", x1: left, x2: end, y1: top + 9, y2: top + 9 }),
    error ? s("path", { class: "error", d: `M${x(row[name] * (1 - error))} ${top + 9}H${x(row[name] * (1 + error))}` }) : null,
    mark(row, { transform: `translate(${end} ${top + 9})` }),
  ];
}
function stack(row, metric, top, width, left) {
  let start = left;
  return metric.parts.map(([name, , part]) => {
    const rect = s("rect", { class: `part part${part}`, x: start, y: top + 3, width: width(row[name] || 0), height: 12 });
    start += width(row[name] || 0);
    return rect;
  });
}
