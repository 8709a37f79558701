// The text of prompt and response, one element a token.
const panels = [];
let marked = [], scrolled = 0;

function buildPanels() {
  panels.length = 0;
  rebuild($("panels"), shown().map((trace, side) => {
    const tokens = trace.tokens.map((text, at) => {
      const token = element("span", { className: at < trace.start ? "token prompt" : "token", textContent: text === "" ? "◌" : text.replace(/\r?\n/g, "⏎\n") });
      token.dataset.at = at;
      return token;
    });
    const box = element("div", { className: "tokens", tabIndex: 0 }, ...tokens);
    box.dataset.key = `tokens ${side}`;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `Tokens of prompt and response ${nameOf(side)}; arrow keys move, Enter pins`);
    const at = event => event.target.dataset?.at;
    box.addEventListener("pointerover", event => { if (event.pointerType === "mouse" && at(event) !== undefined) hover(side, +at(event)); });
    box.addEventListener("pointerleave", () => hover(state.side, null));
    box.addEventListener("click", event => {
      if (at(event) === undefined) return;
      if (state.pinned && state.side === side && state.at === +at(event)) release(); else pin(side, +at(event));
    });
    box.addEventListener("scroll", () => follow(panels[side]), { passive: true });
    panels.push({ box, tokens, trace });
    return element("div", { className: "panel" }, headingOf(trace, side), box);
  }), () => panels[0].box);
  $("panels").classList.toggle("two", state.sides.length > 1);
  marked = [];
}

// Which of two it is, and what became of it; null where there is neither to say.
function headingOf(trace, side) {
  const two = state.sides.length > 1, facts = factsOf(trace);
  if (!two && !nameOf(side) && !facts.length) return null;
  return element("h3", {}, two ? element("b", { textContent: "AB"[side] }) : null, nameOf(side), ...facts, element("small", { textContent: `${trace.response.length} tokens` }));
}

const ENDS = {
  stop_token: ["fact", "ended with a stop token", "The model ended the response itself"],
  stop_string: ["fact", "ended at a stop string", "The response had a text that ends it"],
  length: ["cut", "cut at the length limit", "The response reached the most tokens that it may have: the model had not ended it"],
};

function factsOf({ outcome }) {
  if (!outcome) return [];
  const facts = ["step", "reward", "advantage"].filter(name => (outcome[name] ?? null) !== null).map(name => element("span", { className: "fact", textContent: `${name} ${name === "step" ? outcome.step : format(outcome[name])}` }));
  if (!outcome.finish_reason) return facts;
  const [className, textContent, title] = ENDS[outcome.finish_reason];
  return [...facts, element("span", { className, textContent, title })];
}

// One scale for both sides: equal colours are equal values.
function scaleOf(key) {
  const all = shown().flatMap(trace => trace.sorted[key] ?? []).sort((x, y) => x - y);
  if (!all.length) return null;
  const exact = key === "credit", low = exact ? all[0] : quantile(all, 0.02), high = exact ? all[all.length - 1] : quantile(all, 0.98);
  return { low, high, of: value => value === null ? null : high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0 };
}

function paint() {
  const key = state.metric, scale = key && key !== "role" ? scaleOf(key) : null;
  $("panels").dataset.metric = key ?? "";
  for (const { tokens, trace } of panels) {
    for (let at = trace.start; at < trace.length; at++) {
      const token = tokens[at], share = scale ? scale.of(trace.value(key, at)) : null, role = key === "role" ? trace.role(at) : null;
      token.style.setProperty("--v", share === null ? 0 : share.toFixed(3));
      token.classList.toggle("unknown", scale !== null && share === null);
      if (role) token.dataset.role = role.key; else delete token.dataset.role;
    }
  }
  paintLegend(key, scale);
}

function paintLegend(key, scale) {
  const legend = $("legend");
  legend.className = key === "role" ? "roles" : "scale";
  if (key === "role") {
    legend.replaceChildren(...ROLES.filter(role => shown().some(trace => trace.roles?.some(bits => bits & role.bit))).map(role => {
      const swatch = element("i", { className: "swatch", textContent: "a" });
      swatch.dataset.role = role.key;
      return element("span", { title: role.help }, swatch, role.label);
    }));
    return;
  }
  legend.replaceChildren();
  if (!scale) return;
  const metric = METRICS.find(item => item.key === key), ramp = element("i", { className: "ramp" });
  ramp.dataset.metric = key;
  legend.append(`${format(scale.low)}`, ramp, `${format(scale.high)} ${metric.unit}`);
  if (shown().some(trace => trace.series[key]?.includes(null))) legend.append(element("span", { className: "undefined" }, element("i", { className: "swatch unknown", textContent: "a" }), "undefined"));
}

// The current token, what it looks at (a blue line below) and what looks at it (an orange line above).
function mark() {
  for (const token of marked) {
    token.classList.remove("current", "pinned", "out", "in");
    token.style.removeProperty("--below");
    token.style.removeProperty("--above");
  }
  marked = [];
  if (state.at === null) return;
  const { tokens, trace } = panels[state.side], codes = codesAt(state.side);
  tokens[state.at].classList.add("current");
  tokens[state.at].classList.toggle("pinned", state.pinned);
  marked.push(tokens[state.at]);
  if (!codes) return;
  const { out, incoming } = attentionOf(codes, trace.length, state.at, 12);
  for (const [list, name] of [[out, "out"], [incoming, "in"]])
    for (const [at, weight] of list) {
      tokens[at].classList.add(name);
      tokens[at].style.setProperty(name === "out" ? "--below" : "--above", `${(1 + 4 * Math.sqrt(weight / list[0][1])).toFixed(1)}px`);
      marked.push(tokens[at]);
    }
}

// Tokens outside the curves' view are dim, and the text scrolls to those inside.
function followView() {
  const [from, to] = state.view, [low, high] = farthest(), all = to - from >= high - low - 0.5 || samePlace(state.view, wholeView());
  for (const { tokens, trace } of panels)
    tokens.forEach((token, at) => token.classList.toggle("outside", !all && (at - trace.start < Math.floor(from) || at - trace.start >= Math.ceil(to))));
  if (!all && performance.now() - scrolled > 250) for (const panel of panels) scrollTo(panel, Math.round((from + to) / 2) + panel.trace.start);
}

const samePlace = (a, b) => Math.abs(a[0] - b[0]) < 0.5 && Math.abs(a[1] - b[1]) < 0.5;

let scrolling = 0;
function scrollTo({ box, tokens }, at) {
  const token = tokens[Math.min(Math.max(at, 0), tokens.length - 1)];
  if (!token) return;
  scrolling = performance.now();
  box.scrollTop = token.offsetTop - box.clientHeight / 2;
}

// A reader scrolls: the curves move along, as wide as they are.
function follow({ box, tokens, trace }) {
  if (performance.now() - scrolling < 250 || box.scrollHeight <= box.clientHeight + 2) return;
  const [from, to] = state.view, [low, high] = farthest();
  if (to - from >= high - low - 0.5 || samePlace(state.view, wholeView())) return;
  const middle = box.scrollTop + box.clientHeight / 2;
  let first = 0, last = tokens.length - 1;
  while (first < last) {
    const between = (first + last) >> 1;
    if (tokens[between].offsetTop + tokens[between].offsetHeight < middle) first = between + 1; else last = between;
  }
  scrolled = performance.now();
  const place = first - trace.start;
  setView(place - (to - from) / 2, place + (to - from) / 2);
}

function reveal() {
  if (state.at === null || !state.pinned) return;
  const { box, tokens } = panels[state.side], token = tokens[state.at];
  if (token.offsetTop < box.scrollTop || token.offsetTop + token.offsetHeight > box.scrollTop + box.clientHeight) scrollTo(panels[state.side], state.at);
}

function showFound() {
  for (const { tokens } of panels) for (const token of tokens) token.classList.remove("found", "found-now");
  state.found.forEach(([side, first, last], i) => {
    for (let at = first; at <= last; at++) panels[side].tokens[at].classList.add(i === state.foundAt ? "found-now" : "found");
  });
}

on(["group", "sides"], buildPanels);
on(["group", "sides", "metric"], () => {
  segments($("metrics"), colourings(), colourings().findIndex(metric => metric.key === state.metric), i => set({ metric: colourings()[i].key }));
  paint();
});
on(["side", "at", "pinned", "map", "unpacked", "sides"], mark);
on(["at", "side", "pinned"], reveal);
on(["view", "sides"], followView);
on(["found", "foundAt"], showFound);
