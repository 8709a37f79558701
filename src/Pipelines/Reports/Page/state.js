// What is shown, in one place: views draw what it says and change it through "set"; all that a change touches is drawn in the next frame.
const state = {
  group: 0,             // which prompt
  sides: [],            // the traces shown, one or two
  side: 0,              // which of them the current token is in
  at: null,             // the current token's position, or null
  pinned: false,        // whether it stays when the pointer moves on
  metric: null,         // what colours the text
  view: [0, 1],         // what the curves show, in tokens from the response's first; the prompt is negative
  map: 0,               // which attention map
  unpacked: 0,          // counts maps that became ready
  found: [],            // places that the search found: [side, first, last]
  foundAt: -1,
  theme: "auto",
};
const changes = new Set(), listeners = [];
let frame = 0;

// Runs when one of the keys changes: "always" also where the report has no trace.
const always = (keys, run) => listeners.push([keys, run]);
const on = (keys, run) => always(keys, () => { if (state.sides.length) run(); });

function set(values) {
  for (const [key, value] of Object.entries(values)) {
    if (state[key] === value) continue;
    state[key] = value;
    changes.add(key);
  }
  if (changes.size) schedule();
}

// Has all drawn again that depends on a key.
function touch(key) {
  changes.add(key);
  schedule();
}

function schedule() {
  if (!frame) frame = requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  const keys = new Set(changes);
  changes.clear();
  for (const [wanted, run] of listeners) if (wanted.some(key => keys.has(key))) run();
}

const shown = () => state.sides.map(traceOf);
const current = () => traceOf(state.sides[state.side]);
const nameOf = side => report.traces[state.group].variants.find(variant => variant.id === state.sides[side])?.name ?? "";

// The widest view: the responses, and as much of the prompt as does not crowd them out.
function wholeView() {
  const after = Math.max(...shown().map(trace => trace.response.length)), before = Math.max(...shown().map(trace => trace.start));
  return [-Math.min(before, Math.ceil(after / 4)), after];
}

const farthest = () => [-Math.max(...shown().map(trace => trace.start)), Math.max(...shown().map(trace => trace.response.length))];

function setView(from, to) {
  const [low, high] = farthest(), width = Math.min(Math.max(to - from, Math.min(6, high - low)), high - low);
  from = Math.min(Math.max((from + to - width) / 2, low), high - width);
  set({ view: [from, from + width] });
}

// Without curves nothing would say what a view leaves out.
function zoom(factor, around = (state.view[0] + state.view[1]) / 2) {
  if (!$("curves").hidden) setView(around + (state.view[0] - around) * factor, around + (state.view[1] - around) * factor);
}

function showGroup(group) {
  const variants = report.traces[group].variants;
  showSides(variants.slice(0, 2).map(variant => variant.id), group);
}

function showSides(sides, group = state.group) {
  set({ group, sides, side: 0, at: null, pinned: false, found: [], foundAt: -1 });
  set({ view: wholeView(), map: Math.min(state.map, Math.max(0, current().maps.length - 1)), metric: METRICS.some(m => m.key === state.metric && current().series[m.key]) || state.metric === "role" && current().roles ? state.metric : firstMetric() });
}

const colourings = () => [...METRICS.filter(metric => metric.key !== "log_probs" && current().series[metric.key]), ...(current().roles ? [{ key: "role", label: "Role", help: "What the token is in the rhythm" }] : [])];
const firstMetric = () => (colourings().find(metric => metric.key === "fai") ?? colourings()[0])?.key ?? null;

// Moves to a token, as the pointer does: a pinned one stays.
function hover(side, at) {
  if (!state.pinned) set({ side, at });
}

// Moves to a token for good, and shows it where the curves do not.
function pin(side, at) {
  set({ side, at, pinned: true });
  const place = at - traceOf(state.sides[side]).start, [from, to] = state.view;
  if (place < from || place >= to) setView(place - (to - from) / 2, place + (to - from) / 2);
}

const release = () => set({ at: null, pinned: false });

// The codes of the chosen map on a side; maps of two sides are matched by name.
function codesAt(side) {
  const trace = traceOf(state.sides[side]), name = current().maps[state.map]?.name;
  const index = trace.maps.findIndex(map => map.name === name);
  return index < 0 ? null : codesOf(trace, index, () => set({ unpacked: state.unpacked + 1 }));
}
