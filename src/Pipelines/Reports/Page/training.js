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
      const steps = stepsOf(metric);
      let chosen = null;
      const choose = step => drawChart(canvas, readout, metric, chosen = step);
      canvas.addEventListener("pointermove", event => {
        const place = event.clientX - canvas.getBoundingClientRect().left, x = stepScale(canvas.clientWidth);
        choose(steps.reduce((best, step) => Math.abs(x(step) - place) < Math.abs(x(best) - place) ? step : best));
      });
      canvas.addEventListener("pointerleave", () => choose(null));
      canvas.addEventListener("blur", () => choose(null));
      canvas.addEventListener("keydown", event => {
        const at = chosen === null ? steps.length : steps.indexOf(chosen);
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: steps.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        choose(steps[Math.max(0, Math.min(steps.length - 1, to))]);
      });
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${metric} by training step; arrow keys move from step to step`);
      return element("figure", {}, element("figcaption", {}, element("b", { textContent: metric })), canvas, readout);
    })));
  }
  box.querySelectorAll("figure").forEach((figure, i) => drawChart(figure.querySelector("canvas"), figure.querySelector("output"), metrics[i], null));
}

// The steps that a metric has values of, in order.
function stepsOf(metric) {
  return [...new Set(report.training.filter(curve => curve.metric === metric).flatMap(curve => curve.steps))].sort((a, b) => a - b);
}

// All pictures have one axis: a step of an evaluation is below the same step of the others.
function stepScale(width) {
  const [first, last] = stepRange();
  return step => chartLeft + (step - first) / (last - first || 1) * (width - chartLeft - RIGHT);
}

function stepRange() {
  return [Math.min(...report.training.map(curve => curve.steps[0])), Math.max(...report.training.map(curve => curve.steps.at(-1)))];
}

function drawChart(canvas, readout, metric, chosen) {
  const curves = report.training.filter(curve => curve.metric === metric), { pen, width, height } = prepare(canvas, 200);
  const { low, high, places, labels } = chartScales.get(metric), x = stepScale(width);
  const y = value => 8 + (high - value) / (high - low) * (height - 34);
  pen.textBaseline = "middle";
  places.forEach((place, i) => {
    pen.fillStyle = colour("faint");
    pen.fillRect(chartLeft, Math.round(y(place)), width - chartLeft - RIGHT, 1);
    pen.fillStyle = colour("quiet");
    pen.textAlign = "right";
    pen.fillText(labels[i], chartLeft - 6, y(place));
  });
  pen.textAlign = "center";
  for (const tick of ticks(...stepRange(), width / 90)) pen.fillText(format(tick), x(tick), height - 10);
  const entries = curves.map((curve, i) => {
    pen.strokeStyle = colour(PALETTE[i % PALETTE.length]);
    pen.setLineDash(DASHES[Math.floor(i / PALETTE.length) % DASHES.length]);
    pen.lineWidth = 1.8;
    pen.lineJoin = "round";
    drawValues(pen, curve.values, i => x(curve.steps[i]), y);
    const swatch = element("i", { className: "dash" }), at = chosen === null ? curve.values.length - 1 : curve.steps.indexOf(chosen);
    swatch.style.background = colour(PALETTE[i % PALETTE.length]);
    return element("span", {}, swatch, `${curve.name} `, element("b", { textContent: at < 0 ? "–" : formatBeside(curve.values[at], places) }));
  });
  pen.setLineDash([]);
  if (chosen !== null) {
    pen.fillStyle = colour("ink");
    pen.fillRect(x(chosen) - 0.5, 8, 1, height - 34);
  }
  // Curves may end at different steps, and each shows its last value.
  const ends = [...new Set(curves.map(curve => curve.steps.at(-1)))], step = chosen === null && ends.length > 1 ? "at the end" : `step ${format(chosen ?? ends[0])}`;
  readout.replaceChildren(element("span", { className: "quiet", textContent: step }), ...entries);
}

always(["theme"], drawTraining);
