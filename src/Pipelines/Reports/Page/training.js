// Training curves: one picture a metric, one line a training.
const PALETTE = ["waad", "fai", "entropy", "credit", "receiver_fai", "log_probs"];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const chartScales = new Map();
let chartLeft = LEFT;

// The scale of each picture, and the room that the longest label of all of them takes: they have one axis of steps.
function scaleCharts(metrics) {
  const pen = prepare(element("canvas"), 0).pen;
  for (const metric of metrics) {
    const [low, high] = rangeOf(report.training.filter(curve => curve.metric === metric).flatMap(curve => curve.values).filter(value => value !== null)), places = ticks(low, high, 4), labels = tickLabels(places);
    chartScales.set(metric, { low, high, places, labels });
    for (const label of labels) chartLeft = Math.max(chartLeft, Math.ceil(pen.measureText(label).width) + 8);
  }
}

function drawTraining() {
  const box = $("training"), metrics = [...new Set(report.training.map(curve => curve.metric))];
  box.hidden = metrics.length === 0;
  if (box.hidden) return;
  if (!box.childElementCount) {
    scaleCharts(metrics);
    box.append(element("h2", { textContent: "Training" }), element("div", { className: "charts" }, ...metrics.map(metric => {
      const canvas = element("canvas"), readout = element("output");
      canvas.addEventListener("pointermove", event => drawChart(canvas, readout, metric, event.clientX - canvas.getBoundingClientRect().left));
      canvas.addEventListener("pointerleave", () => drawChart(canvas, readout, metric, null));
      canvas.setAttribute("aria-label", `${metric} by training step`);
      return element("figure", {}, element("figcaption", {}, element("b", { textContent: metric })), canvas, readout);
    })));
  }
  box.querySelectorAll("figure").forEach((figure, i) => drawChart(figure.querySelector("canvas"), figure.querySelector("output"), metrics[i], null));
}

function drawChart(canvas, readout, metric, pointer) {
  const curves = report.training.filter(curve => curve.metric === metric), { pen, width, height } = prepare(canvas, 200);
  const steps = curves.flatMap(curve => curve.steps), { low, high, places, labels } = chartScales.get(metric);
  // All pictures have one axis: a step of an evaluation is below the same step of the others.
  const first = Math.min(...report.training.map(curve => curve.steps[0])), last = Math.max(...report.training.map(curve => curve.steps.at(-1)));
  const x = step => chartLeft + (step - first) / (last - first || 1) * (width - chartLeft - RIGHT), y = value => 8 + (high - value) / (high - low) * (height - 34);
  pen.textBaseline = "middle";
  places.forEach((place, i) => {
    pen.fillStyle = colour("faint");
    pen.fillRect(chartLeft, Math.round(y(place)), width - chartLeft - RIGHT, 1);
    pen.fillStyle = colour("quiet");
    pen.textAlign = "right";
    pen.fillText(labels[i], chartLeft - 6, y(place));
  });
  pen.textAlign = "center";
  for (const tick of ticks(first, last, width / 90)) pen.fillText(format(tick), x(tick), height - 10);
  const nearest = pointer === null ? null : steps.reduce((best, step) => Math.abs(x(step) - pointer) < Math.abs(x(best) - pointer) ? step : best, steps[0]);
  const entries = curves.map((curve, i) => {
    pen.strokeStyle = colour(PALETTE[i % PALETTE.length]);
    pen.setLineDash(DASHES[Math.floor(i / PALETTE.length) % DASHES.length]);
    pen.lineWidth = 1.8;
    pen.lineJoin = "round";
    drawValues(pen, curve.values, i => x(curve.steps[i]), y);
    const swatch = element("i", { className: "dash" }), at = nearest === null ? curve.values.length - 1 : curve.steps.indexOf(nearest);
    swatch.style.background = colour(PALETTE[i % PALETTE.length]);
    return element("span", {}, swatch, `${curve.name} `, element("b", { textContent: at < 0 ? "–" : formatBeside(curve.values[at], places) }));
  });
  pen.setLineDash([]);
  if (nearest !== null) {
    pen.fillStyle = colour("ink");
    pen.fillRect(x(nearest) - 0.5, 8, 1, height - 34);
  }
  readout.replaceChildren(element("span", { className: "quiet", textContent: `step ${format(nearest ?? Math.max(...curves.map(curve => curve.steps.at(-1))))}` }), ...entries);
}

always(["theme"], drawTraining);
