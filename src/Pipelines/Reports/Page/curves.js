// WAAD, FAI and entropy along the response, one below the other, with their peaks and the arcs of the current token's attention.
const LEFT = 52, RIGHT = 12, STRIP = 84, GAP = 24, ARCS = 54, LABELS = 62, AXIS = 20;
const CURVES = ["waad", "fai", "entropy"];
const MARKERS = { waad: "▲", fai: "◆", entropy: "●" };

const strips = () => METRICS.filter(metric => CURVES.includes(metric.key) && shown().some(trace => trace.series[metric.key]));
const hasMaps = () => shown().some(trace => trace.maps.length);
const plotWidth = () => Math.max(1, $("curve").clientWidth - LEFT - RIGHT);
const xOf = place => LEFT + (place - state.view[0]) / (state.view[1] - state.view[0]) * plotWidth();
const placeAt = x => state.view[0] + (x - LEFT) / plotWidth() * (state.view[1] - state.view[0]);

function drawCurves() {
  const metrics = strips(), arcs = hasMaps() ? ARCS : 0;
  $("curves").hidden = !metrics.length && !arcs;
  if ($("curves").hidden) return;
  const pitch = plotWidth() / (state.view[1] - state.view[0]), labels = pitch >= 11 ? LABELS : 0;
  const { pen, width, height } = prepare($("curve"), metrics.length * (STRIP + GAP) + arcs + labels + AXIS);
  const bottom = height - AXIS - labels;
  drawPrompt(pen, bottom);
  metrics.forEach((metric, i) => drawStrip(pen, metric, GAP - 2 + i * (STRIP + GAP)));
  if (arcs) drawArcs(pen, bottom);
  pen.fillStyle = colour("line");
  pen.fillRect(LEFT, bottom, width - LEFT - RIGHT, 1);
  if (labels) drawLabels(pen, bottom, pitch);
  drawAxis(pen, height);
  if (state.at === null) return;
  const x = xOf(state.at - current().start + 0.5);
  if (x < LEFT || x > width - RIGHT) return;
  pen.fillStyle = colour("ink");
  pen.fillRect(x - 0.5, 4, 1, bottom - 4);
}

function drawPrompt(pen, bottom) {
  const edge = Math.min(xOf(0), LEFT + plotWidth());
  if (edge <= LEFT) return;
  pen.fillStyle = colour("quiet-back");
  pen.fillRect(LEFT, 4, edge - LEFT, bottom - 4);
  pen.fillStyle = colour("quiet");
  pen.textAlign = "right";
  if (edge - LEFT > 50) pen.fillText("prompt", edge - 6, bottom - 8);
}

function drawStrip(pen, metric, top) {
  const all = shown().flatMap(trace => trace.sorted[metric.key] ?? []), high = all.reduce((most, value) => Math.max(most, value), 0) || 1;
  const y = value => top + STRIP - value / high * STRIP;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of ticks(0, high, 2)) {
    pen.fillStyle = colour("faint");
    pen.fillRect(LEFT, Math.round(y(tick)), plotWidth(), 1);
    pen.fillStyle = colour("quiet");
    pen.fillText(format(tick), LEFT - 6, y(tick));
  }
  pen.textBaseline = "alphabetic";
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, top - 9, plotWidth(), STRIP + 11);
  pen.clip();
  // The second of two lies below, thin and dashed.
  for (const side of shown().map((_, i) => i).reverse()) drawLine(pen, shown()[side], metric.key, y, side);
  pen.restore();
  pen.textAlign = "left";
  pen.fillStyle = colour("ink");
  pen.font = "600 11px system-ui, sans-serif";
  underlined(pen, `${metric.label}${metric.unit ? ` (${metric.unit})` : ""}`, LEFT + 2, top - 9, metric.key, 3);
  pen.font = "11px system-ui, sans-serif";
}

// Text in the colour of text, which can be read, and what it belongs to as the colour of a line below.
function underlined(pen, text, x, y, name, below) {
  pen.fillText(text, x, y);
  if (!name) return;
  const width = Math.max(5, pen.measureText(text).width);
  pen.fillStyle = colour(name);
  pen.fillRect(pen.textAlign === "right" ? x - width : x, y + below, width, 2);
}

function drawLine(pen, trace, key, y, side) {
  const values = trace.series[key];
  if (!values) return;
  const first = Math.max(0, Math.floor(state.view[0]) - 1), last = Math.min(values.length - 1, Math.ceil(state.view[1]));
  pen.strokeStyle = pen.fillStyle = colour(key);
  pen.lineWidth = side === 0 ? 1.6 : 1.1;
  pen.globalAlpha = side === 0 ? 1 : 0.75;
  pen.setLineDash(side === 0 ? [] : [4, 3]);
  pen.lineJoin = "round";
  drawValues(pen, values, i => xOf(i + 0.5), y, first, last);
  pen.setLineDash([]);
  pen.font = `${plotWidth() / (state.view[1] - state.view[0]) < 2 ? 5 : 8}px system-ui, sans-serif`;
  pen.textAlign = "center";
  for (const i of trace.peaks[key] ?? []) if (i >= first && i <= last) pen.fillText(MARKERS[key], xOf(i + 0.5), y(values[i]) - 2);
  pen.font = "11px system-ui, sans-serif";
  pen.globalAlpha = 1;
}

// Keys lie to the left of a query: arcs to the left are what the token looks at, arcs to the right what looks at it.
function drawArcs(pen, bottom) {
  const codes = state.at === null ? null : codesAt(state.side), trace = current();
  pen.fillStyle = colour("quiet");
  pen.textAlign = "left";
  if (!codes) return pen.fillText(state.at === null ? "attention of a token: point at it" : "", Math.max(LEFT, xOf(0)) + 6, bottom - 8);
  const { out, incoming } = attentionOf(codes, trace.length, state.at, 12), from = xOf(state.at - trace.start + 0.5);
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, bottom - ARCS, plotWidth(), ARCS);
  pen.clip();
  for (const [list, name] of [[out, "out"], [incoming, "in"]])
    for (const [at, weight] of list) {
      const to = xOf(at - trace.start + 0.5), share = Math.sqrt(weight / list[0][1]);
      pen.strokeStyle = colour(name);
      pen.globalAlpha = 0.25 + 0.75 * share;
      pen.lineWidth = 0.6 + 2.4 * share;
      pen.beginPath();
      pen.ellipse((from + to) / 2, bottom, Math.abs(to - from) / 2, Math.min(ARCS - 4, 8 + Math.abs(to - from) / 4), 0, Math.PI, 2 * Math.PI);
      pen.stroke();
    }
  pen.restore();
}

function drawLabels(pen, bottom, pitch) {
  const trace = current();
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let place = Math.floor(state.view[0]); place < state.view[1]; place++) {
    const at = place + trace.start;
    if (at < 0 || at >= trace.length || xOf(place + 0.5) < LEFT || xOf(place + 0.5) > LEFT + plotWidth()) continue;
    const role = trace.role(at), text = label(trace.tokens[at]);
    pen.fillStyle = at === state.at || role ? colour("ink") : colour("quiet");
    pen.save();
    pen.translate(xOf(place + 0.5), bottom + 5);
    pen.rotate(pitch >= 34 ? -0.6 : -Math.PI / 2);
    pen.font = `${at === state.at ? "700 " : ""}11px system-ui, sans-serif`;
    underlined(pen, text.length > 10 ? `${text.slice(0, 9)}…` : text, 0, 0, role ? `role-${role.key}` : null, 5);
    pen.restore();
  }
  pen.textBaseline = "alphabetic";
}

function drawAxis(pen, height) {
  pen.fillStyle = colour("quiet");
  pen.textAlign = "center";
  const [from, to] = state.view;
  for (const tick of ticks(from, to, plotWidth() / 90)) if (Number.isInteger(tick)) pen.fillText(`${tick}`, xOf(tick + 0.5), height - 6);
}

// The whole response, and the part of it that the curves show.
function drawOverview() {
  if ($("curves").hidden) return;
  const { pen, width, height } = prepare($("overview"), 30), [low, high] = farthest(), trace = current();
  const x = place => LEFT + (place - low) / (high - low) * (width - LEFT - RIGHT);
  const key = trace.series[state.metric] ? state.metric : strips()[0]?.key, values = trace.series[key] ?? [], most = values.reduce((m, v) => Math.max(m, v ?? 0), 0) || 1;
  pen.fillStyle = colour("quiet-back");
  pen.fillRect(x(low), 2, x(0) - x(low), height - 4);
  pen.fillStyle = colour("faint-ink");
  const bar = Math.max(1, (width - LEFT - RIGHT) / (high - low) - 0.5);
  values.forEach((value, i) => { if (value !== null) pen.fillRect(x(i), height - 3 - Math.max(0, value) / most * (height - 6), bar, Math.max(0, value) / most * (height - 6)); });
  pen.fillStyle = colour("window");
  pen.fillRect(x(state.view[0]), 1, x(state.view[1]) - x(state.view[0]), height - 2);
  pen.strokeStyle = colour("accent");
  pen.lineWidth = 1;
  pen.strokeRect(x(state.view[0]) + 0.5, 1.5, Math.max(2, x(state.view[1]) - x(state.view[0]) - 1), height - 3);
  pen.fillStyle = colour("accent");
  if (state.at !== null) pen.fillRect(x(state.at - trace.start + 0.5), 1, 1.5, height - 2);
}

function curveLegend() {
  $("curve-legend").replaceChildren(state.sides.length > 1 ? `— A${nameOf(0) ? ` ${nameOf(0)}` : ""}  ╌ B${nameOf(1) ? ` ${nameOf(1)}` : ""}  · ` : "", "▲ ◆ ● peaks");
}

const tokenUnder = x => {
  const at = Math.floor(placeAt(x)) + current().start;
  return x >= LEFT && x <= LEFT + plotWidth() && at >= 0 && at < current().length ? at : null;
};
gestures($("curve"), {
  move: x => hover(state.side, tokenUnder(x)),
  leave: () => hover(state.side, null),
  drag: dx => setView(...state.view.map(edge => edge - dx / plotWidth() * (state.view[1] - state.view[0]))),
  scale: (factor, x) => zoom(factor, placeAt(x)),
  click: x => {
    const at = tokenUnder(x);
    if (at === null || state.pinned && at === state.at) release(); else pin(state.side, at);
  },
  all: () => setView(...wholeView()),
});
const centre = x => {
  const [low, high] = farthest(), place = low + (x - LEFT) / plotWidth() * (high - low), half = (state.view[1] - state.view[0]) / 2;
  setView(place - half, place + half);
};
gestures($("overview"), { drag: (dx, dy, x) => centre(x), scale: factor => zoom(factor), click: centre, all: () => setView(...wholeView()) });
$("zoom-in").onclick = () => zoom(0.6);
$("zoom-out").onclick = () => zoom(1 / 0.6);
$("zoom-all").onclick = () => setView(...wholeView());

on(["group", "sides", "view", "side", "at", "map", "unpacked", "theme"], drawCurves);
on(["group", "sides", "view", "side", "at", "metric", "theme"], drawOverview);
on(["group", "sides"], curveLegend);
