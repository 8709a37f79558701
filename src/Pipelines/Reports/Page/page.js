// Header, search, keys, downloads; the beginning.
function buildHeader() {
  $("title").textContent = report.title;
  $("notes").replaceChildren(...report.notes.map(([name, value]) => element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }))));
  $("trace").replaceChildren(...report.traces.map((trace, i) => new Option(`${i + 1}. ${trace.title}${trace.summary ? ` (${trace.summary})` : ""}`, i)));
  $("picker").hidden = report.traces.length < 2;
  $("trace").onchange = () => showGroup(+$("trace").value);
  $("previous").onclick = () => stepGroup(-1);
  $("next").onclick = () => stepGroup(1);
  for (const [id, side] of [["variant-a", 0], ["variant-b", 1]])
    $(id).onchange = () => {
      const sides = [+$("variant-a").value, +$("variant-b").value].filter(value => value >= 0);
      showSides(sides[0] === sides[1] ? [sides[side]] : sides);
    };
  $("theme").onclick = () => set({ theme: { auto: "light", light: "dark", dark: "auto" }[state.theme] });
  $("help-open").onclick = () => $("help").showModal();
  $("help").onclick = event => { if (event.target === $("help")) $("help").close(); };
}

const stepGroup = step => showGroup((state.group + step + report.traces.length) % report.traces.length);

function showVariants() {
  const variants = report.traces[state.group].variants, several = variants.length > 1;
  $("trace").value = state.group;
  for (const [id, side] of [["variant-a", 0], ["variant-b", 1]]) {
    $(id).replaceChildren(...variants.map(variant => new Option(variant.name, variant.id)), ...(side === 1 ? [new Option("nothing", -1)] : []));
    $(id).value = state.sides[side] ?? -1;
    $(id).parentElement.hidden = !several;
  }
}

// Places where the text, as a whole, has what is looked for: a match may span tokens.
function search(step = 0) {
  const wanted = $("search").value.toLowerCase();
  if (!wanted) return set({ found: [], foundAt: -1 });
  const found = [];
  shown().forEach((trace, side) => {
    const starts = [], text = trace.tokens.reduce((before, token) => { starts.push(before.length); return before + token.toLowerCase(); }, "");
    for (let place = text.indexOf(wanted); place >= 0 && found.length < 2000; place = text.indexOf(wanted, place + 1)) {
      const tokenOf = offset => { let at = rankOf(starts, offset); while (at > 0 && starts[at] > offset) at--; return at; };
      found.push([side, tokenOf(place), tokenOf(place + wanted.length - 1)]);
    }
  });
  const next = found.length ? (step === 0 ? 0 : (state.foundAt + step + found.length) % found.length) : -1;
  set({ found, foundAt: next });
  if (next >= 0) pin(found[next][0], found[next][1]);
}

// The last of the ascending starts that is not beyond the offset.
function rankOf(starts, offset) {
  let low = 0, high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle; else high = middle - 1;
  }
  return low;
}

function stepToken(step) {
  const trace = current(), at = state.at === null ? trace.start : Math.min(Math.max(state.at + step, 0), trace.length - 1);
  pin(state.side, at);
}

function stepPeak(step) {
  const trace = current(), peaks = trace.peaks[state.metric] ?? trace.peaks.fai ?? [], place = state.at === null ? -1 : state.at - trace.start;
  const next = step > 0 ? peaks.find(peak => peak > place) : peaks.findLast(peak => peak < place);
  if (next !== undefined) pin(state.side, next + trace.start);
}

const KEYS = {
  ArrowRight: () => stepToken(1), ArrowLeft: () => stepToken(-1), "]": () => stepPeak(1), "[": () => stepPeak(-1), Escape: release,
  Enter: () => state.at !== null && pin(state.side, state.at), "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), 0: () => setView(...wholeView()),
  m: () => current().maps.length && chooseMap((state.map + 1) % current().maps.length), ",": () => stepGroup(-1), ".": () => stepGroup(1), "/": () => $("search").focus(), "?": () => $("help").showModal(),
  b: () => { if (state.sides.length > 1) set({ side: 1 - state.side, at: null, pinned: false }); },
};

// Keys of one character: anywhere, or, where that is switched off, in what has keys of its own, the text and the pictures.
const takes = event => event.key.length > 1 || $("keys-anywhere").checked || event.target.closest(".tokens, canvas");

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog") || !takes(event)) return;
  if (!report.traces.length && event.key !== "?") return;
  if (event.target.closest("button, summary") && event.key === "Enter") return;
  if (event.target === $("heat") && heatKey(event.key)) return event.preventDefault();
  const choice = /^[1-6]$/.test(event.key) ? colourings()[+event.key - 1] : null, run = KEYS[event.key];
  if (!choice && !run) return;
  event.preventDefault();
  if (choice) set({ metric: choice.key }); else run();
});

function heatKey(key) {
  const step = heat.size / 10, move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key];
  if (move) moveHeat(...move);
  else if (key === "+" || key === "=") scaleHeat(0.6);
  else if (key === "-") scaleHeat(1 / 0.6);
  else if (key === "0") { allHeat(); drawHeat(); } else return false;
  return true;
}

$("search").addEventListener("input", () => search());
$("search").addEventListener("keydown", event => {
  if (event.key === "Enter") search(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") { $("search").value = ""; search(); $("search").blur(); }
});

function save(name, type, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  $("download").open = false;
}

// Texts are written as JSON: breaks and blanks can be told apart, and no spreadsheet takes one for a formula.
function csv() {
  const quoted = text => `"${text.replaceAll("\"", "\"\"")}"`, lines = [];
  const keys = METRICS.map(metric => metric.key).filter(key => shown().some(trace => trace.series[key]));
  lines.push(["variant", "part", "position", "id", "token", ...keys, "role"].join(","));
  shown().forEach((trace, side) => trace.tokens.forEach((token, at) => {
    const place = at - trace.start, roles = place < 0 || !trace.roles ? "" : ROLES.filter(role => trace.roles[place] & role.bit).map(role => role.label).join(" + ");
    lines.push([quoted(JSON.stringify(nameOf(side))), place < 0 ? "prompt" : "response", place, place < 0 ? "" : trace.ids?.[place] ?? "", quoted(JSON.stringify(token)), ...keys.map(key => trace.value(key, at) ?? ""), roles].join(","));
  }));
  return lines.join("\n") + "\n";
}

function everything() {
  const all = report.traces.map(group => ({ title: group.title, variants: group.variants.map(variant => ({ variant: variant.name ?? null, ...JSON.parse($(`trace-${variant.id}`).textContent) })) }));
  return JSON.stringify({ title: report.title, notes: Object.fromEntries(report.notes), responses: all, tables: report.tables, training: report.training });
}

$("download-csv").onclick = () => save("response.csv", "text/csv", csv());
$("download-json").onclick = () => save("report.json", "application/json", everything());

on(["group", "sides"], showVariants);
on(["found", "foundAt"], () => { $("found").textContent = $("search").value ? state.found.length ? `${state.foundAt + 1} of ${state.found.length}` : "none" : ""; });
always(["theme"], () => {
  document.documentElement.dataset.theme = state.theme;
  $("theme").textContent = `Theme: ${state.theme}`;
});

buildHeader();
new ResizeObserver(() => touch("theme")).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => touch("theme"));
if (report.traces.length) showGroup(0);
else {
  document.body.classList.add("no-traces");
  drawTables();
}
