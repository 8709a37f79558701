// A stored attention map: queries downwards, keys to the right. Where a pixel covers several weights it shows the largest, so that anchors' columns do not fade.
const heat = { x: 0, y: 0, size: 1, low: 0, high: 1 };
const MARGIN = 34;

function heatSide() {
  const canvas = $("heat");
  return Math.max(60, Math.min(canvas.clientWidth - MARGIN, 560));
}

// The scale leaves out the first token, which takes what attention has no use for.
function heatScale(codes, length) {
  let high = 1;
  for (let query = 1; query < length; query++) {
    const row = triangle(query);
    for (let key = 1; key <= query; key++) if (codes[row + key] > high) high = codes[row + key];
  }
  return high;
}

const scales = new WeakMap();

function drawHeat() {
  const trace = current(), codes = trace.maps.length ? codesAt(state.side) : null;
  $("attention").hidden = !shown().some(each => each.maps.length);
  if ($("attention").hidden) return;
  const side = heatSide(), { pen, width, height } = prepare($("heat"), side + MARGIN - 12);
  // Without a place on the screen, as in a window that is being resized, there is nothing to draw.
  if (!codes || width === 0) return;
  if (!scales.has(codes)) scales.set(codes, heatScale(codes, trace.length));
  clampHeat(trace.length);
  const ratio = $("heat").width / width, pixels = Math.round(side * ratio), image = pen.createImageData(pixels, pixels), high = scales.get(codes);
  const ramp = Array.from({ length: 256 }, (_, code) => cividis(Math.min(1, code / high)));
  const blank = colour("quiet-back-rgb").split(" ").map(Number), edges = Array.from({ length: pixels + 1 }, (_, i) => heat.size * i / pixels);
  for (let row = 0, target = 0; row < pixels; row++) {
    const top = Math.floor(heat.y + edges[row]), below = Math.max(top + 1, Math.floor(heat.y + edges[row + 1]));
    for (let column = 0; column < pixels; column++, target += 4) {
      const left = Math.floor(heat.x + edges[column]), right = Math.max(left + 1, Math.floor(heat.x + edges[column + 1]));
      let code = 0, any = false;
      for (let query = top; query < below && query < trace.length; query++)
        for (let key = left; key < right && key <= query; key++) {
          any = true;
          const here = codes[triangle(query) + key];
          if (here > code) code = here;
        }
      const [r, g, b] = any ? ramp[code] : blank;
      image.data[target] = r;
      image.data[target + 1] = g;
      image.data[target + 2] = b;
      image.data[target + 3] = any ? 255 : blank[3] ?? 255;
    }
  }
  pen.putImageData(image, Math.round(MARGIN * ratio), 0);
  drawHeatFrame(pen, trace, side, height);
  heatLegend(high);
}

function drawHeatFrame(pen, trace, side, height) {
  const at = place => place / heat.size * side, inside = pixel => pixel >= 0 && pixel <= side;
  pen.strokeStyle = colour("line");
  pen.lineWidth = 1;
  pen.strokeRect(MARGIN + 0.5, 0.5, side - 1, side - 1);
  pen.fillStyle = colour("quiet");
  pen.textBaseline = "middle";
  for (const tick of ticks(heat.y - trace.start, heat.y - trace.start + heat.size, side / 70)) {
    if (!Number.isInteger(tick) || tick + trace.start >= trace.length) continue;
    pen.textAlign = "right";
    if (inside(at(tick + trace.start + 0.5 - heat.y))) pen.fillText(`${tick}`, MARGIN - 5, at(tick + trace.start + 0.5 - heat.y));
  }
  for (const tick of ticks(heat.x - trace.start, heat.x - trace.start + heat.size, side / 70)) {
    if (!Number.isInteger(tick) || tick + trace.start >= trace.length) continue;
    pen.textAlign = "center";
    if (inside(at(tick + trace.start + 0.5 - heat.x))) pen.fillText(`${tick}`, MARGIN + at(tick + trace.start + 0.5 - heat.x), side + 11);
  }
  pen.textBaseline = "alphabetic";
  // Where the response begins, and the current token: its row in blue, what it looks at; its column in orange, what looks at it.
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN, 0, side, side);
  pen.clip();
  pen.setLineDash([3, 3]);
  pen.strokeStyle = colour("line");
  for (const [dx, dy, length] of [[0, 1, at(trace.start - heat.x)], [1, 0, at(trace.start - heat.y)]]) {
    pen.beginPath();
    if (dy) { pen.moveTo(MARGIN + length, 0); pen.lineTo(MARGIN + length, side); } else { pen.moveTo(MARGIN, length); pen.lineTo(MARGIN + side, length); }
    pen.stroke();
  }
  pen.setLineDash([]);
  if (state.at !== null) {
    const cell = Math.max(2, at(1));
    pen.lineWidth = 1.5;
    pen.strokeStyle = colour("out");
    pen.strokeRect(MARGIN - 1, at(state.at - heat.y), MARGIN + at(state.at + 1 - heat.x) - MARGIN, cell);
    pen.strokeStyle = colour("in");
    pen.strokeRect(MARGIN + at(state.at - heat.x), at(state.at - heat.y), cell, side);
  }
  pen.restore();
}

function heatLegend(high) {
  const steps = Array.from({ length: 9 }, (_, i) => `rgb(${cividis(i / 8).join(" ")})`);
  const ramp = element("i", { className: "ramp" });
  ramp.style.background = `linear-gradient(90deg, ${steps.join(", ")})`;
  $("heat-scale").replaceChildren(`< ${format(report.floor)}`, ramp, `${format(WEIGHTS[high])}`, element("small", { textContent: "logarithmic, without the first token" }));
}

function clampHeat(length) {
  heat.size = Math.min(Math.max(heat.size, Math.min(8, length)), length);
  heat.x = Math.min(Math.max(heat.x, 0), length - heat.size);
  heat.y = Math.min(Math.max(heat.y, 0), length - heat.size);
}

const allHeat = () => Object.assign(heat, { x: 0, y: 0, size: current().length });
const cellAt = (x, y) => [Math.floor(heat.y + y / heatSide() * heat.size), Math.floor(heat.x + (x - MARGIN) / heatSide() * heat.size)];

function scaleHeat(factor, x = MARGIN + heatSide() / 2, y = heatSide() / 2) {
  const size = Math.min(Math.max(heat.size * factor, Math.min(8, current().length)), current().length), across = (x - MARGIN) / heatSide(), down = y / heatSide();
  Object.assign(heat, { x: heat.x + across * (heat.size - size), y: heat.y + down * (heat.size - size), size });
  drawHeat();
}

function moveHeat(dx, dy) {
  heat.x += dx;
  heat.y += dy;
  drawHeat();
}

gestures($("heat"), {
  move: (x, y) => {
    const [query, key] = cellAt(x, y), trace = current(), codes = codesAt(state.side);
    if (!codes || key < 0 || query < 0 || query >= trace.length || key > query) {
      $("cell").textContent = "";
      return;
    }
    const code = codes[triangle(query) + key];
    $("cell").replaceChildren(`“${label(trace.tokens[query])}” (${query - trace.start}) looks at “${label(trace.tokens[key])}” (${key - trace.start}) with `, element("b", { textContent: code ? format(WEIGHTS[code]) : `less than ${format(report.floor)}` }));
    hover(state.side, query);
  },
  leave: () => { $("cell").textContent = ""; hover(state.side, null); },
  drag: (dx, dy) => moveHeat(-dx / heatSide() * heat.size, -dy / heatSide() * heat.size),
  scale: scaleHeat,
  click: (x, y) => {
    const [query] = cellAt(x, y);
    if (query >= 0 && query < current().length && x >= MARGIN) pin(state.side, query);
  },
  all: () => { allHeat(); drawHeat(); },
});
$("heat-in").onclick = () => scaleHeat(0.6);
$("heat-out").onclick = () => scaleHeat(1 / 0.6);
$("heat-all").onclick = () => { allHeat(); drawHeat(); };

function chooseMap(index) {
  set({ map: index });
}

on(["group", "sides"], allHeat);
on(["sides", "side", "map"], () => segments($("maps"), current().maps.map(map => ({ key: map.name, label: map.name })), state.map, chooseMap));
on(["group", "sides", "side", "at", "map", "unpacked", "theme"], drawHeat);
