// The charts of the tab Training, drawn by uPlot.
import { compact, count, element, measure, showTable, tick } from "./elements.js";

// One more chart is one more entry here; its curves are named in Measures.java.
export const CHARTS = [
  {
    id: "loss", title: "Loss", unit: "nats per token", least: true,
    curves: [{ name: "loss", label: "Training" }, { name: "validation_loss", label: "Validation" }],
    more: (names, wish) => (wish.replicas ? replicaCurves(names) : []),
  },
  {
    id: "time", title: "Time of a round", unit: "seconds", stacked: true,
    curves: [
      { name: "compute_seconds", label: "Compute" }, { name: "wait_seconds", label: "Wait" },
      { name: "average_seconds", label: "Average" }, { name: "broadcast_seconds", label: "Broadcast" },
      { name: "checkpoint_seconds", label: "Checkpoint" },
    ],
  },
  { id: "speed", title: "Speed", unit: "tokens per second, all replicas", curves: [{ name: "tokens_per_second", label: "Tokens per second" }] },
  { id: "gradient", title: "Gradient norm", unit: "before clipping", curves: [{ name: "gradient_norm", label: "Gradient norm" }] },
  { id: "rate", title: "Learning rate", unit: "of the inner optimizer", curves: [{ name: "learning_rate", label: "Learning rate" }] },
  { id: "drift", title: "Drift", unit: "the largest of the replicas", curves: [{ name: "drift", label: "Drift" }] },
  {
    id: "health", title: "Activations", unit: "the layer where it is largest",
    curves: [
      { name: "dead_activations", label: "Zeros" }, { name: "dead_channels", label: "Dead channels" },
      { name: "saturation", label: "Saturation of the cube" },
    ],
  },
  {
    id: "unrest", title: "Unrest", unit: "deviations; times the median",
    curves: [{ name: "loss_spike", label: "Loss spike" }, { name: "straggler", label: "Slowest replica" }],
  },
  { id: "coefficients", title: "Coefficients of the activations", unit: "of the averaged model", curves: [], choices: coefficientChoices },
];

const HEIGHT = 250;
const MOST_ROWS = 100;

function replicaCurves(names) {
  return names.map((name) => [name, /^replica\/(\d+)\/loss$/.exec(name)]).filter(([, match]) => match)
    .map(([name, match]) => ({ name, label: `Replica ${match[1]}`, thin: true }))
    .sort((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
}

/** By layer, and each number through all layers. PolyCom's parameters have the highest power first, then the constant. */
function coefficientChoices(names) {
  const found = names.map((name) => /^coefficient\/(.*?(\d+)\.mlp\.act_fn\.(\w+))\/(\d+)$/.exec(name)).filter((match) => match)
    .map(([name, , layer, vector, index]) => ({ name, layer: Number(layer), vector, index, part: `${vector}[${index}]` }))
    .sort((a, b) => a.layer - b.layer || b.vector.localeCompare(a.vector) || a.index - b.index);
  const parts = [...new Set(found.map((one) => one.part))];
  const layers = [...new Set(found.map((one) => one.layer))];
  return [
    ...layers.map((layer) => ({
      label: `Layer ${layer}`,
      curves: found.filter((one) => one.layer === layer).map((one) => ({ name: one.name, label: one.part })),
    })),
    ...(layers.length > 1 ? parts : []).map((part) => ({
      label: `${part} of every layer`,
      curves: found.filter((one) => one.part === part).map((one) => ({ name: one.name, label: `Layer ${one.layer}` })),
    })),
  ];
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Eight colours that can be told apart, or a ramp where there are more lines. */
function color(index, of) {
  return of <= 8 ? style(`--curve-${index + 1}`) : `hsl(${(210 + (300 * index) / of) % 360} 60% 52%)`;
}

/** A chart with its title, its plot, a sentence that sums it up, and its values as a table. */
export class Chart {
  constructor(spec, onChoice) {
    this.spec = spec;
    this.axis = "step";
    this.shown = "";
    const id = `chart-${spec.id}`;
    this.plot = element("div", { class: "plot", tabindex: "0", role: "group", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-summary` });
    this.readout = element("p", { class: "readout", "aria-live": "polite" });
    this.summary = element("p", { class: "hint", id: `${id}-summary` });
    this.values = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Values of ${spec.title}` });
    this.details = element("details", {}, element("summary", {}, "Values"), this.values);
    this.choice = spec.choices && element("select", { "aria-label": spec.title });
    const caption = element("figcaption", {}, element("h5", { id: `${id}-title` }, `${spec.title} `, element("small", {}, spec.unit)));
    if (this.choice) {
      this.choice.addEventListener("change", onChoice);
      caption.append(this.choice);
    }
    this.place = element("figure", { id, hidden: "" }, caption, this.plot, this.readout, this.summary, this.details);
    this.plot.addEventListener("keydown", (event) => this.#key(event));
    this.details.addEventListener("toggle", () => this.#showValues());
    new ResizeObserver(() => this.u?.setSize({ width: this.plot.clientWidth, height: HEIGHT })).observe(this.plot);
  }

  /** The curves to ask the server for. */
  wanted(names, wish) {
    this.wish = wish;
    if (this.choice) {
      this.choices = this.spec.choices(names);
      const labels = this.choices.map((one) => one.label);
      if (labels.join() !== [...this.choice.options].map((option) => option.value).join()) {
        const before = this.choice.value;
        this.choice.replaceChildren(...labels.map((label) => element("option", { value: label }, label)));
        this.choice.value = labels.includes(before) ? before : labels[0] ?? "";
      }
    }
    const chosen = this.choices?.find((one) => one.label === this.choice.value)?.curves ?? [];
    return [...this.spec.curves, ...chosen, ...(this.spec.more?.(names, wish) ?? [])];
  }

  /** Draws what the server has of them. */
  draw(wanted, answers) {
    this.curves = wanted.filter((curve) => answers[curve.name]?.step.length).map((curve) => ({ ...curve, ...answers[curve.name] }));
    this.place.hidden = this.curves.length === 0;
    if (this.curves.length === 0) {
      return;
    }
    this.axis = this.wish.axis;
    const bounded = this.curves.filter((curve) => !this.spec.stacked && !curve.thin && curve.mean.some((mean, i) => curve.min[i] !== curve.max[i]));
    const tables = [...this.curves.map((curve) => [curve[this.axis], curve.mean]),
      ...bounded.flatMap((curve) => [[curve[this.axis], curve.max], [curve[this.axis], curve.min]])];
    this.raw = uPlot.join(tables);
    const data = this.spec.stacked ? stack(this.raw) : this.raw;
    const key = JSON.stringify([this.axis, this.curves.map((curve) => curve.name), bounded.map((curve) => curve.name)]);
    if (this.u && key === this.shown) {
      const [from, to] = [this.u.data[0][0], this.u.data[0].at(-1)];
      const zoomed = this.u.scales.x.min > from || this.u.scales.x.max < to;
      this.u.setData(data, !zoomed);
    } else {
      this.u?.destroy();
      this.u = new uPlot(this.#options(bounded), data, this.plot);
      this.shown = key;
    }
    this.summary.textContent = this.curves.slice(0, 5).map((curve) => this.#sentence(curve)).join(" ");
    this.#showValues();
  }

  /** Draws anew with other colours. */
  repaint() {
    this.shown = "";
  }

  #options(bounded) {
    const curves = this.curves;
    const stroke = (i) => color(i, curves.length);
    const area = (paint) => `color-mix(in srgb, ${paint} 65%, transparent)`;
    const axis = { stroke: style("--faint"), grid: { stroke: style("--line"), width: 1 }, ticks: { stroke: style("--line"), width: 1 } };
    const bound = { class: "bound", width: 0, stroke: "transparent", points: { show: false } };
    const { stacked } = this.spec;
    return {
      width: this.plot.clientWidth || 600,
      height: HEIGHT,
      legend: { markers: { width: 0, fill: (u, i) => (i > 0 && i <= curves.length ? stroke(i - 1) : "transparent") } },
      cursor: { sync: { key: "training" }, y: false },
      scales: { x: { time: false }, y: stacked ? { range: (u, low, high) => [0, high * 1.05 || 1] } : {} },
      axes: [
        { ...axis, values: (u, ticks) => ticks.map((at) => compact(at)) },
        { ...axis, size: 64, values: (u, ticks) => ticks.map((at) => tick(at)) },
      ],
      series: [
        { label: this.axis === "step" ? "Step" : "Tokens", value: (u, value) => count(value) },
        ...curves.map((curve, i) => ({
          label: curve.label,
          stroke: stroke(i),
          width: curve.thin ? 1 : 1.75,
          points: stacked ? { show: false } : { size: 5, fill: style("--card") },
          ...(stacked && i === 0 ? { fill: area(stroke(0)) } : {}),
          value: (u, value, series, index) => (index == null ? "–" : measure(this.raw[series][index])),
        })),
        ...bounded.flatMap(() => [bound, bound]),
      ],
      bands: stacked
        ? curves.slice(1).map((curve, i) => ({ series: [i + 2, i + 1], fill: area(stroke(i + 1)) }))
        : bounded.map((curve, i) => ({
          series: [curves.length + 1 + 2 * i, curves.length + 2 + 2 * i],
          fill: `color-mix(in srgb, ${stroke(curves.indexOf(curve))} 22%, transparent)`,
        })),
    };
  }

  #sentence(curve) {
    const last = curve.step.length - 1;
    const parts = [`${curve.label}: ${measure(curve.mean[last])} at step ${count(curve.step[last])}`];
    if (!this.spec.stacked) {
      parts.push(`at first ${measure(curve.mean[0])}`);
    }
    if (this.spec.least) {
      const least = curve.min.reduce((best, value, i) => (value < curve.min[best] ? i : best), 0);
      parts.push(`least ${measure(curve.min[least])} by step ${count(curve.step[least])}`);
    }
    return `${parts.join(", ")}.`;
  }

  #key(event) {
    const xs = this.u?.data[0];
    const last = xs ? xs.length - 1 : -1;
    const at = this.u?.cursor.idx ?? null;
    const stride = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    const to = {
      ArrowLeft: at === null ? last : Math.max(0, at - stride),
      ArrowRight: at === null ? 0 : Math.min(last, at + stride),
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || last < 0 || event.target !== this.plot) {
      return;
    }
    event.preventDefault();
    this.u.setCursor({ left: this.u.valToPos(xs[to], "x"), top: 10 });
    this.readout.textContent = `${this.axis === "step" ? "Step" : "Tokens"} ${count(xs[to])}: `
      + this.curves.map((curve, i) => [curve.label, this.raw[i + 1][to]]).filter(([, value]) => value != null)
        .map(([label, value]) => `${label} ${measure(value)}`).join(", ");
  }

  /** As many rows as people read, evenly spread, the newest first. */
  #showValues() {
    if (!this.details.open || !this.raw) {
      return;
    }
    const xs = this.raw[0];
    const every = Math.ceil(xs.length / MOST_ROWS);
    const rows = [];
    for (let i = xs.length - 1; i >= 0; i -= every) {
      rows.push(i);
    }
    showTable(this.values, [
      { title: this.axis === "step" ? "Step" : "Tokens", text: (i) => count(xs[i]), isNumber: true },
      ...this.curves.map((curve, c) => ({ title: curve.label, text: (i) => measure(this.raw[c + 1][i]), isNumber: true })),
    ], rows);
  }
}

/** Each row on top of those before it. */
function stack([xs, ...rows]) {
  const sums = [];
  rows.forEach((row, r) => sums.push(row.map((value, i) => (value ?? 0) + (r > 0 ? sums[r - 1][i] : 0))));
  return [xs, ...sums];
}
