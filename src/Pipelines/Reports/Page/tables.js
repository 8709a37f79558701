// Means of the responses shown, and the tables that the report was given.
function drawTables() {
  const box = $("statistics"), tables = [...(state.sides.length ? [summary()] : []), ...report.tables];
  box.hidden = tables.length === 0;
  if (box.hidden) return;
  box.replaceChildren(element("h2", { textContent: "Statistics" }), ...tables.map(tableOf));
}

function summary() {
  const traces = shown(), row = (name, value) => [name, ...traces.map(value)];
  const known = METRICS.filter(metric => traces.some(trace => trace.series[metric.key]));
  return {
    title: traces.length > 1 ? "These two responses" : "This response",
    columns: ["", ...traces.map((_, side) => traces.length > 1 ? `${"AB"[side]} ${nameOf(side)}` : "value")],
    rows: [
      traces.some(trace => trace.prompt_length) ? row("tokens of prompt and response", trace => `${trace.prompt_length ?? "–"} + ${trace.response.length}`) : row("tokens of the response", trace => `${trace.response.length}`),
      ...known.map(metric => row(`mean ${metric.label}${metric.unit ? `, ${metric.unit}` : ""}`, trace => trace.series[metric.key] ? format(mean(trace.series[metric.key])) : "–")),
      ...known.filter(metric => traces.some(trace => trace.peaks[metric.key])).map(metric => row(`peaks of ${metric.label}`, trace => trace.peaks[metric.key] ? `${trace.peaks[metric.key].length}` : "–")),
      ...(traces.some(trace => trace.roles) ? ROLES.map(role => row(role.label, trace => trace.roles ? `${trace.roles.filter(bits => bits & role.bit).length}` : "–")).filter(cells => cells.slice(1).some(cell => cell !== "0" && cell !== "–")) : []),
    ],
  };
}

function tableOf(table) {
  const numeric = table.columns.map((_, i) => table.rows.length > 0 && table.rows.every(row => /^[\s<+\-−–]*[\d.,]*\s*(%|[a-z]{0,3}|undefined|unbounded)?(\s*[+±,–…].*)?$/i.test(row[i])));
  const cells = (tag, row) => element("tr", {}, ...row.map((text, i) => element(tag, { textContent: text, className: numeric[i] ? "number" : "" })));
  return element("figure", {},
    element("div", { className: "scroll" }, element("table", {}, element("caption", { textContent: table.title }), element("thead", {}, cells("th", table.columns)), element("tbody", {}, ...table.rows.map(row => cells("td", row))))),
    table.note ? element("figcaption", { className: "quiet", textContent: table.note }) : null);
}

always(["group", "sides"], drawTables);
