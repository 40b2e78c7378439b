// Tables of the tab Training. Whatever is shown becomes text, never markup.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });

export const count = (value) => (value == null ? "–" : whole.format(value));
export const compact = (value) => (value == null ? "–" : short.format(value));
export const when = (milliseconds) => (milliseconds ? new Date(milliseconds).toLocaleString() : "–");

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
const column = (title, text, isNumber = false) => ({ title, text, isNumber });

// One more column of a replica is one more line here: its record in metrics.jsonl comes whole.
export const REPLICA_COLUMNS = [
  column("Replica", (row) => count(row.replica), true),
  column("Host", (row) => row.host),
  column("Executor", (row) => row.executor),
  column("GPU", (row) => row.gpu || "–"),
  column("Steps of its round", (row) => count(row.steps), true),
  column("Round", (row) => count(row.round), true),
  column("Tokens per second", (row) => measure(row.tokens_per_second), true),
  column("Last seen", (row) => when(row.last_seen)),
];

export const NOTICE_COLUMNS = [
  column("Time", (row) => when(row.time)),
  column("Round", (row) => count(row.round), true),
  column("Topic", (row) => row.topic),
  column("Severity", (row) => row.severity),
  column("What", (row) => row.text),
];

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Shows rows in place of what a place shows. */
export function showTable(place, columns, rows) {
  const cells = (row) => columns.map((one) => element("td", one.isNumber ? { class: "number" } : {}, one.text(row)));
  place.replaceChildren(
    element("table", { class: "values" },
      element("thead", {}, element("tr", {}, ...columns.map((one) =>
        element("th", { scope: "col", class: one.isNumber ? "number" : "" }, one.title)))),
      element("tbody", {}, ...rows.map((row) =>
        element("tr", row.severity === "warning" ? { class: "warning" } : {}, ...cells(row))))));
}
