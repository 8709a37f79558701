// The heads of the layers read: a row a layer, coloured by span, marked by group; a head whose map is stored can be chosen.
function drawHeads() {
  const box = $("heads"), trace = current(), rows = headRows(trace);
  box.hidden = rows.length === 0;
  if (box.hidden) return;
  const spans = rows.flatMap(row => row.heads.map(head => head.span)).filter(span => span !== null), longest = Math.max(...spans, 1e-9);
  const chosen = trace.maps[state.map]?.heads ?? [], isChosen = head => chosen.some(([layer, index]) => layer === head.layer && index === head.head);
  const grid = element("div", { className: "heads" }, ...rows.map(row => element("div", { className: "layer" }, element("b", { textContent: row.layer }), element("div", {}, ...row.heads.map(head => {
    const map = trace.maps.findIndex(each => each.heads.length === 1 && each.heads[0][0] === head.layer && each.heads[0][1] === head.head);
    const cell = element("button", { className: `head${map >= 0 ? " stored" : ""}${isChosen(head) ? " chosen" : ""}`, disabled: map < 0, onclick: () => chooseMap(map) },
      element("span", { textContent: head.marks }), element("small", { textContent: head.span === null ? "" : format(Number(head.span.toPrecision(2))) }));
    cell.style.setProperty("--v", head.span === null ? 0 : Math.sqrt(head.span / longest));
    cell.dataset.group = head.group;
    cell.dataset.key = `head ${head.layer} ${head.head}`;
    cell.title = `Layer ${head.layer}, head ${head.head}${head.span === null ? "" : `: looks back ${format(head.span)} tokens on average`}${head.names ? `; ${head.names}` : ""}${map >= 0 ? "; click for its map" : ""}`;
    return cell;
  })))));
  rebuild(box, [element("div", { className: "bar" }, element("h2", { textContent: "Heads" }), legendOfHeads(trace)), grid,
    element("p", { className: "quiet", textContent: spans.length ? "A row is a layer, a cell a head with its mean span in tokens; heads of the map shown are outlined, those with a map of their own can be clicked." : "A row is a layer, a cell a head that the metrics are made from." })]);
}

function legendOfHeads(trace) {
  const legend = element("span", { className: "roles" });
  for (const [group, mark, name] of [["local", "L", "local: WAAD"], ["global", "G", "global: FAI"], ["receivers", "R", "receiver"]]) {
    if (!trace.groups?.[group]) continue;
    const swatch = element("i", { className: "swatch", textContent: mark });
    swatch.dataset.group = group;
    legend.append(element("span", {}, swatch, name));
  }
  return legend;
}

function headRows(trace) {
  const inGroup = (group, layer, head) => trace.groups?.[group]?.some(([l, h]) => l === layer && h === head) ?? false;
  const make = (layer, head, span) => {
    const groups = ["local", "global", "receivers"].filter(group => inGroup(group, layer, head));
    return { layer, head, span, group: groups[0] ?? "", marks: groups.map(group => group[0].toUpperCase()).join(""), names: groups.map(group => group === "receivers" ? "a receiver" : group).join(", ") };
  };
  if (trace.spans) return trace.spans.layers.map((layer, i) => ({ layer, heads: trace.spans.values[i].map((span, head) => make(layer, head, span)) }));
  const known = [...(trace.groups?.local ?? []), ...(trace.groups?.global ?? []), ...(trace.groups?.receivers ?? [])];
  return [...new Set(known.map(([layer]) => layer))].sort((x, y) => x - y)
    .map(layer => ({ layer, heads: [...new Set(known.filter(([l]) => l === layer).map(([, head]) => head))].sort((x, y) => x - y).map(head => make(layer, head, null)) }));
}

on(["group", "sides", "side", "map"], drawHeads);
