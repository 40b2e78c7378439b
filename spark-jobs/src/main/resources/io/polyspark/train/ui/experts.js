// How evenly the experts of each layer are used, as a table of colours: one row per layer, one cell per expert.
import { count, element, measure } from "./elements.js";

/** No more experts than these have their numbers written in their cells. */
const MOST_NUMBERS = 16;

export class Experts {
  constructor(place, onRound) {
    this.place = place;
    this.slider = element("input", { type: "range", min: "0", "aria-label": "Round" });
    this.round = element("output", {});
    this.readout = element("p", { class: "readout", "aria-live": "polite" });
    this.table = element("div", { class: "scroll" });
    place.append(
      element("h5", { id: "experts-title" }, "Load of the experts ", element("small", {}, "share of the slots, against an even one")),
      element("p", { class: "hint" }, "Round", this.slider, this.round,
        element("i", { class: "key cold" }), "idle", element("i", { class: "key even" }), "even", element("i", { class: "key hot" }), "twice even or more"),
      this.table, this.readout);
    this.slider.addEventListener("input", () => {
      const index = Number(this.slider.value);
      this.asked = index === this.rounds.length - 1 ? 0 : this.rounds[index];
      onRound();
    });
    for (const name of ["focusin", "mouseover"]) {
      this.table.addEventListener(name, (event) => {
        this.readout.textContent = event.target.getAttribute("aria-label") ?? "";
      });
    }
    this.table.addEventListener("keydown", (event) => this.#move(event));
    this.asked = 0;
  }

  draw(experts) {
    this.place.hidden = !experts;
    if (!experts) {
      return;
    }
    this.rounds = experts.rounds;
    this.slider.max = String(experts.rounds.length - 1);
    this.slider.value = String(experts.rounds.indexOf(experts.round));
    this.slider.setAttribute("aria-valuetext", `Round ${experts.round}`);
    this.round.textContent = count(experts.round) + (this.asked === 0 ? ", the newest" : "");
    const { layers } = experts;
    const most = Math.max(...layers.map((layer) => layer.load.length));
    const shape = `${layers.length} ${most}`;
    if (shape !== this.shape) {
      this.shape = shape;
      this.#build(layers, most);
    }
    layers.forEach((layer, row) => this.#fill(layer, row));
  }

  #build(layers, most) {
    const heads = Array.from({ length: most }, (ignored, expert) =>
      element("th", { scope: "col", class: "expert" }, most <= MOST_NUMBERS || expert % 8 === 0 ? String(expert) : ""));
    this.rows = layers.map((layer) => layer.load.map(() => element("td", { class: "expert", tabindex: "-1" })));
    this.shares = layers.map(() => element("td", { class: "share" }));
    this.rows[0][0].tabIndex = 0;
    this.table.replaceChildren(
      element("table", { class: "heat" },
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Expert"), ...heads, element("th", { scope: "col" }, "Entropy, of an even one"))),
        element("tbody", {}, ...this.rows.map((cells, layer) =>
          element("tr", {}, element("th", { scope: "row" }, `Layer ${layer}`), ...cells, this.shares[layer])))));
  }

  #fill(layer, row) {
    const experts = layer.load.length;
    layer.load.forEach((load, expert) => {
      const ratio = load * experts;
      const cell = this.rows[row][expert];
      cell.style.setProperty("--far", ratio < 1 ? "var(--cold)" : "var(--hot)");
      cell.style.setProperty("--amount", `${Math.min(1, Math.abs(ratio - 1)) * 70}%`);
      cell.setAttribute("aria-label", `Layer ${row}, expert ${expert}: ${measure(load * 100)}% of the slots, ${measure(ratio)} of an even share`);
      cell.textContent = experts <= MOST_NUMBERS ? `${(load * 100).toFixed(1)}%` : "";
    });
    this.shares[row].textContent = experts > 1 ? `${((layer.entropy / Math.log(experts)) * 100).toFixed(1)}%` : "–";
  }

  #move(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const row = this.rows.findIndex((cells) => cells.includes(event.target));
    if (!step || row < 0) {
      return;
    }
    const next = this.rows[row + step[0]]?.[this.rows[row].indexOf(event.target) + step[1]];
    if (next) {
      event.preventDefault();
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
  }
}
