// Numbers and tables as our tabs show them. Whatever is shown becomes text, never markup.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });

export const count = (value) => (value == null ? "–" : whole.format(value));
export const compact = (value) => (value == null ? "–" : short.format(value));
export const when = (milliseconds) => (milliseconds ? new Date(milliseconds).toLocaleString() : "–");

/** Bytes by powers of ten, as 3.1 GB. */
export function bytes(all) {
  if (all == null) {
    return "–";
  }
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  let [value, unit] = [all, 0];
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${count(all)} ${all === 1 ? "byte" : "bytes"}` : `${value.toFixed(1)} ${units[unit]}`;
}

/** A part of a whole; what is not all is never 100%, and what is not nothing never 0%. */
export function share(part, all) {
  if (!all || part == null) {
    return "–";
  }
  const percent = (100 * part) / all;
  if (percent > 0 && percent < 0.05) {
    return "< 0.1%";
  }
  return percent < 100 && percent >= 99.95 ? "> 99.9%" : `${percent.toFixed(1)}%`;
}

/** A measured number in a few digits, without the sign of a zero. */
export function measure(value) {
  if (value == null) {
    return "–";
  }
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e9) ? value.toExponential(3).replace(/\.?0*e/, "e") : precise.format(value + 0);
}

/** The same where there is little room. */
export const tick = (value) => (Math.abs(value) >= 10000 ? compact(value) : String(Number(value.toPrecision(4))));

/** Seconds as 3h04m. */
export function duration(seconds) {
  if (seconds == null) {
    return "–";
  }
  const all = Math.round(seconds);
  const [days, hours, minutes] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (days > 0) {
    return `${days}d${two(hours)}h`;
  }
  return hours > 0 ? `${hours}h${two(minutes)}m` : minutes > 0 ? `${minutes}m${two(all % 60)}s` : `${all}s`;
}

/** A column is a title, what it shows of a row, and whether that is a number. */
export const column = (title, text, isNumber = false) => ({ title, text, isNumber });

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Shows rows in place of what a place shows; a cell is a text or an element. */
export function showTable(place, columns, rows) {
  const cells = (row) => columns.map((one) => element("td", one.isNumber ? { class: "number" } : {}, one.text(row)));
  place.replaceChildren(
    element("table", { class: "values" },
      element("thead", {}, element("tr", {}, ...columns.map((one) =>
        element("th", { scope: "col", class: one.isNumber ? "number" : "" }, one.title)))),
      element("tbody", {}, ...rows.map((row) =>
        element("tr", row.severity === "warning" ? { class: "warning" } : {}, ...cells(row))))));
}

/** Shows numbers, each above what it is. */
export function showNumbers(place, numbers) {
  place.replaceChildren(...numbers.map(([name, value]) => element("div", {}, element("b", {}, value), element("span", {}, name))));
}
