// Small helpers for what is drawn.
const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter(child => child !== null));
  return made;
};

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A canvas as large as its place, in the screen's own pixels; what is drawn counts in CSS pixels.
function prepare(canvas, height) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth;
  canvas.style.height = `${height}px`;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px system-ui, sans-serif";
  return { pen, width, height };
}

// A line through values [first, last], with a gap where there is none. A value between gaps, which no line shows, is a dot.
function drawValues(pen, values, x, y, first = 0, last = values.length - 1) {
  const alone = [];
  pen.beginPath();
  for (let i = first; i <= last; i++) {
    if (values[i] === null) continue;
    const follows = i > first && values[i - 1] !== null;
    if (follows) pen.lineTo(x(i), y(values[i])); else pen.moveTo(x(i), y(values[i]));
    if ((values[i - 1] ?? values[i + 1] ?? null) === null) alone.push(i);
  }
  pen.stroke();
  pen.fillStyle = pen.strokeStyle;
  for (const i of alone) {
    pen.beginPath();
    pen.arc(x(i), y(values[i]), 2.5, 0, 2 * Math.PI);
    pen.fill();
  }
}

// The power of ten of a number's first digit.
const power = value => Math.floor(Math.log10(Math.abs(value)) + 1e-9);

function format(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size === 0 ? "0" : size >= 1000 ? value.toFixed(Math.max(0, digits - 1 - power(value))) : size >= 0.001 ? Number(value.toPrecision(digits)).toString() : value.toExponential(digits - 2);
}

// Round numbers between two values.
function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [];
  const unit = 10 ** Math.floor(Math.log10(rough)), step = unit * ([1, 2, 5, 10].find(factor => factor * unit >= rough) ?? 10), list = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) list.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return list;
}

// Where an axis begins and ends so that values fill it. One that never changes stands in the middle, with half its size on either side; 0 stands at the foot of 0 to 1.
function rangeOf(values) {
  if (!values.length) return [0, 1];
  const least = values.reduce((m, v) => Math.min(m, v), Infinity), most = values.reduce((m, v) => Math.max(m, v), -Infinity), size = Math.max(Math.abs(least), Math.abs(most));
  if (size === 0) return [0, 1];
  // A smaller change than this is rounding's, and its ticks would have more digits than there is room for.
  const margin = most - least > size * 1e-4 ? (most - least) * 0.06 : size / 2;
  return [least - margin, most + margin];
}

// Ticks as text, with the digits that tell one from the next.
function tickLabels(list) {
  if (list.length < 2) return list.map(value => format(value));
  const last = power(list[1] - list[0]), size = Math.max(...list.map(Math.abs));
  return list.map(value => value === 0 ? "0" : size >= 0.001 && size < 1e6 ? value.toFixed(Math.max(0, -last)) : value.toExponential(Math.max(0, power(value) - last)));
}

// A value beside an axis with ticks, at least as exact as they are.
const formatBeside = (value, list) => format(value, list.length > 1 && value ? Math.min(15, Math.max(3, power(value) - power(list[1] - list[0]) + 2)) : 3);

// A token for a line of text: blanks and breaks can be seen.
const visible = text => text === "" ? "◌" : text.replace(/\r?\n/g, "⏎").replace(/\t/g, "⇥").replace(/^ | $/g, "␣");
const label = text => visible(text).replaceAll("␣", "") || "␣";

// Cividis (Nuñez et al. 2018), which looks alike with and without colour-blindness, at 16 places.
const CIVIDIS = ["00224e", "052e66", "233a6f", "39486b", "4b546c", "5c616f", "6b6d73", "7b7a77", "8b8878", "9c9576", "ada471", "bfb268", "d2c15c", "e5d04a", "f6e03a", "fee838"]
  .map(hex => [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16)));

function cividis(share) {
  const place = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1), low = Math.min(Math.floor(place), CIVIDIS.length - 2), rest = place - low;
  return CIVIDIS[low].map((part, i) => Math.round(part + rest * (CIVIDIS[low + 1][i] - part)));
}

// Replaces what a box holds. The control that had the focus has it again by its key, so that who works with keys stays where they were; "otherwise" takes it where there is none any more.
function rebuild(box, children, otherwise = () => null) {
  const lost = box.contains(document.activeElement) ? document.activeElement.dataset.key ?? "" : null;
  box.replaceChildren(...children);
  if (lost === null) return;
  const again = [...box.querySelectorAll("[data-key]")].find(control => control.dataset.key === lost && !control.disabled) ?? otherwise(lost);
  again?.focus({ preventScroll: true });
}

// Choices of which one holds, as a row of buttons that the arrow keys move along.
function segments(place, choices, chosen, choose) {
  const buttons = choices.map((choice, i) => {
    const button = element("button", { textContent: choice.label, title: choice.help ?? "" });
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(i === chosen));
    button.tabIndex = i === chosen ? 0 : -1;
    button.dataset.key = choice.key;
    button.onclick = () => choose(i);
    button.onkeydown = event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      choose((i + step + choices.length) % choices.length);
    };
    return button;
  });
  const within = place.contains(document.activeElement);
  place.replaceChildren(...buttons);
  if (within) buttons[chosen]?.focus({ preventScroll: true });
}

// Dragging, pinching and the wheel on a canvas. The page keeps its own wheel until the canvas is clicked or Ctrl is held.
function gestures(canvas, { move, drag, scale, click, leave, all }) {
  const pointers = new Map();
  let dragged = 0, spread = 0;
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", event => {
    pointers.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
    dragged = pointers.size > 1 ? Infinity : 0;
    spread = 0;
  });
  canvas.addEventListener("pointermove", event => {
    const [x, y] = place(event), before = pointers.get(event.pointerId);
    if (!before) return move?.(x, y);
    pointers.set(event.pointerId, [x, y]);
    if (pointers.size === 2) {
      const [[ax, ay], [bx, by]] = [...pointers.values()], now = Math.hypot(ax - bx, ay - by);
      if (spread > 0 && now > 0) scale(spread / now, (ax + bx) / 2, (ay + by) / 2);
      spread = now;
      return;
    }
    dragged += Math.abs(x - before[0]) + Math.abs(y - before[1]);
    if (dragged > 4) drag(x - before[0], y - before[1], x, y);
  });
  const up = event => {
    if (pointers.delete(event.pointerId) && dragged <= 4 && event.type === "pointerup") click?.(...place(event), event);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => { if (!pointers.size) leave?.(); });
  canvas.addEventListener("dblclick", () => all());
  canvas.addEventListener("wheel", event => {
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    scale(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), ...place(event));
  }, { passive: false });
}
