// What the page is given. Model text is only ever text: it enters the document through textContent and canvas.
const $ = id => document.getElementById(id);
const report = JSON.parse($("report").textContent);

const METRICS = [
  { key: "waad", label: "WAAD", unit: "tokens", help: "Windowed average attention distance of the local heads: high where the model looks back beyond the current chunk, that is, plans the next one" },
  { key: "fai", label: "FAI", unit: "", help: "Future attention influence of the global heads: how much later tokens look back at this one; its peaks are anchors" },
  { key: "receiver_fai", label: "Receiver FAI", unit: "", help: "The same of the heads whose inbound attention is the most selective" },
  { key: "entropy", label: "Entropy", unit: "nats", help: "Entropy of the distribution that produced the token" },
  { key: "log_probs", label: "Log-probability", unit: "nats", help: "Natural logarithm of the token's probability" },
  { key: "credit", label: "Credit γ", unit: "", help: "What the token's advantage is multiplied with in training" },
];

// From the one that wins where a token has several.
const ROLES = [
  { bit: 2, key: "anchor", label: "Anchor", help: "later tokens look back at it" },
  { bit: 4, key: "dominated", label: "Dominated anchor", help: "an anchor within a chunk, which shares its credit with the chunk's introduction" },
  { bit: 8, key: "introduction", label: "Introduction", help: "introduces the chunk of a dominated anchor" },
  { bit: 1, key: "preplan", label: "Preplan", help: "the look-back distance changes here" },
  { bit: 16, key: "selected", label: "Selected", help: "selected by flow or by a control" },
];

const traces = new Map();

// A trace, read when it is first looked at. Positions count from the first token of the prompt; "start" is the response's.
function traceOf(id) {
  if (traces.has(id)) return traces.get(id);
  const trace = JSON.parse($(`trace-${id}`).textContent);
  trace.id = id;
  trace.start = trace.prompt.length;
  trace.tokens = trace.prompt.concat(trace.response);
  trace.length = trace.tokens.length;
  trace.value = (key, at) => at < trace.start ? null : trace.series[key]?.[at - trace.start] ?? null;
  trace.role = at => at < trace.start || !trace.roles ? null : ROLES.find(role => trace.roles[at - trace.start] & role.bit) ?? null;
  trace.sorted = {};
  for (const [key, values] of Object.entries(trace.series)) trace.sorted[key] = values.filter(value => value !== null).sort((x, y) => x - y);
  traces.set(id, trace);
  return trace;
}

// Linear interpolation between order statistics.
function quantile(sorted, share) {
  if (sorted.length === 0) return null;
  const place = share * (sorted.length - 1), low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

// The share of the values that are smaller.
function rank(sorted, value) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1; else high = middle;
  }
  return sorted.length > 1 ? low / (sorted.length - 1) : 1;
}

const mean = values => {
  const known = values.filter(value => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
};

// Attention maps: one byte a weight, rows 0, 1, … of a triangle, on a logarithmic scale; 0 = below the floor.
const WEIGHTS = Float32Array.from({ length: 256 }, (_, code) => code === 0 ? 0 : Math.pow(report.floor, 1 - (code - 1) / (report.levels - 1)));
const triangle = at => at * (at + 1) / 2;
const maps = new Map();

// The codes of a map, or null while they are unpacked; "ready" is called then.
function codesOf(trace, index, ready) {
  const id = `map-${trace.id}-${index}`;
  if (!maps.has(id)) {
    maps.set(id, null);
    inflate($(id).textContent).then(codes => { maps.set(id, codes); ready(); });
  }
  return maps.get(id);
}

async function inflate(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// What a token looks at and what looks at it, strongest first. Itself is left out, and the first token too: attention that has nowhere to go rests there.
function attentionOf(codes, length, at, count) {
  const out = [], incoming = [];
  for (let key = 1; key < at; key++) if (codes[triangle(at) + key]) out.push([key, WEIGHTS[codes[triangle(at) + key]]]);
  if (at > 0) for (let query = at + 1; query < length; query++) if (codes[triangle(query) + at]) incoming.push([query, WEIGHTS[codes[triangle(query) + at]]]);
  const strongest = list => list.sort((x, y) => y[1] - x[1]).slice(0, count);
  return { out: strongest(out), incoming: strongest(incoming) };
}
