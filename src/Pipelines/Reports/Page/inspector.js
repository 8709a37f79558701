// All that is known of the current token.
function inspect() {
  const box = $("inspector"), offers = offered();
  box.hidden = !offers.length;
  box.classList.toggle("pinned", state.pinned);
  box.classList.toggle("mapped", hasMaps());
  if (state.at === null) {
    rebuild(box, [element("h2", { textContent: "Token" }), element("p", { className: "quiet", textContent: `Point at a token for ${offers.join(" and ")}; click pins it.` })], textBox);
    box.classList.add("empty");
    $("said").textContent = "";
    return;
  }
  box.classList.remove("empty");
  const trace = current(), place = state.at - trace.start, role = trace.role(state.at);
  const title = element("div", { className: "bar" },
    element("h2", {}, element("span", { className: "specimen", textContent: visible(trace.tokens[state.at]) })),
    element("small", { textContent: place < 0 ? `prompt, ${state.at}` : `response, ${place}${trace.ids ? ` · id ${trace.ids[place]}` : ""}` }),
    element("span", { className: "spring" }),
    state.pinned ? keyed("unpin", element("button", { textContent: "Unpin", title: "Let it go ( Esc )", onclick: release, id: "unpin" })) : null);
  const peaks = METRICS.filter(metric => trace.peaks[metric.key]?.includes(place)).map(metric => `peak of ${metric.label}`);
  const tags = element("div", { className: "tags" });
  if (role) {
    const bits = trace.roles[place];
    for (const each of ROLES.filter(item => bits & item.bit)) {
      const tag = element("span", { className: "tag", textContent: each.label, title: each.help });
      tag.dataset.role = each.key;
      tags.append(tag);
    }
  }
  for (const peak of peaks) tags.append(element("span", { className: "tag", textContent: peak }));
  // The list that the focus was in may be shorter for this token.
  rebuild(box, [title, tags, numbers(trace), lists(trace)], lost => [...box.querySelectorAll(`[data-key^="${lost.split(" ")[0]} "]`)].at(-1) ?? textBox());
  say(trace, place, [...tags.children].map(tag => tag.textContent));
}

// Where the keys move from token to token.
const textBox = () => panels[state.side]?.box;

const keyed = (key, control) => {
  control.dataset.key = key;
  return control;
};

// What a screen reader says of a token that was gone to; one that the pointer passes over is not for it.
function say(trace, place, tags) {
  const known = METRICS.filter(metric => trace.series[metric.key]).map(metric => {
    const value = trace.value(metric.key, state.at);
    return `${metric.label} ${value === null ? "undefined" : `${format(value)} ${metric.unit}`.trim()}`;
  });
  const text = state.pinned ? [`“${label(trace.tokens[state.at])}”, ${place < 0 ? `prompt ${state.at}` : `response ${place}`}`, ...tags, ...place < 0 ? [] : known].join("; ") : "";
  if ($("said").textContent !== text) $("said").textContent = text;
}

// What is known of the tokens of the responses shown.
function offered() {
  const numbered = shown().some(trace => Object.keys(trace.series).length), roles = shown().some(trace => trace.roles);
  return [numbered ? "its numbers" : roles ? "its role" : null, hasMaps() ? "its attention" : null].filter(offer => offer !== null);
}

function numbers(trace) {
  const body = element("tbody");
  for (const metric of METRICS.filter(item => trace.series[item.key])) {
    const value = trace.value(metric.key, state.at), share = value === null ? null : rank(trace.sorted[metric.key], value);
    const bar = element("i", { className: "bar-of" });
    bar.dataset.metric = metric.key;
    bar.style.setProperty("--v", share ?? 0);
    body.append(element("tr", { title: metric.help },
      element("th", { textContent: metric.label }),
      element("td", { className: "number", textContent: format(value) }),
      element("td", { className: "unit", textContent: value === null ? "" : metric.unit }),
      element("td", { className: "rank" }, bar),
      element("td", { className: "number quiet", textContent: share === null ? "" : `${Math.round(share * 100)} %` })));
  }
  return element("table", { className: "numbers", title: "The bar and the share: how many of the response's tokens have less" }, body);
}

function lists(trace) {
  const codes = codesAt(state.side);
  if (!codes) return element("p", { className: "quiet", textContent: trace.maps.length || !hasMaps() ? "" : "No attention map is stored." });
  const { out, incoming } = attentionOf(codes, trace.length, state.at, 6);
  const list = (heading, name, items) => element("div", { className: `looks ${name}` },
    element("h3", { textContent: heading }),
    items.length ? element("ol", {}, ...items.map(([at, weight], i) => {
      const bar = element("i", { className: "bar-of" });
      bar.style.setProperty("--v", weight / items[0][1]);
      return element("li", {}, keyed(`${name} ${i}`, element("button", { onclick: () => pin(state.side, at), title: `Go to ${at < trace.start ? "prompt" : "response"} token ${at < trace.start ? at : at - trace.start}` },
        element("span", { className: "text", textContent: visible(trace.tokens[at]) }), bar, element("small", { textContent: format(weight) }))));
    })) : element("p", { className: "quiet", textContent: "nothing to speak of" }));
  return element("div", { className: "pair" }, list("looks at", "out", out), list("is looked at by", "in", incoming));
}

on(["at", "side", "pinned", "sides", "map", "unpacked"], inspect);
