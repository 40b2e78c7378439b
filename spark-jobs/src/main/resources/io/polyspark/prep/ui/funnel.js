// The tables of the tab Corpus.
import { bytes, column, compact, count, duration, element, measure, share } from "./elements.js";

/** Of a step that finds many things, such as languages, so many are named. */
const MOST_EVENTS = 8;

const PROGRESS = {
  waiting: "waiting", running: "running", done: "done", reused: "done by an earlier run", broken_off: "broken off",
};

/** Whether a step has counts: its stage is done, or some of its tasks are. */
const known = (step) => ["done", "reused"].includes(step.progress) || step.documents_in > 0;

/** How long a stage has taken by a time. */
export function seconds(stage, now) {
  return stage.began === 0 ? null : ((stage.ended || now) - stage.began) / 1000;
}

export const stageColumns = (now) => [
  column("Stage", (stage) => stage.name),
  column("State", (stage) => PROGRESS[stage.progress]),
  column("Time", (stage) => duration(seconds(stage, now)), true),
  column("Tasks that run now", tasks),
  column("What", (stage) => stage.description),
];

function tasks(stage) {
  if (stage.progress !== "running" || stage.tasks === 0) {
    return "";
  }
  const percent = Math.floor((100 * stage.tasks_done) / stage.tasks);
  return element("span", {},
    element("progress", { max: String(stage.tasks), value: String(stage.tasks_done), "aria-label": `Tasks of ${stage.name}` }),
    `${percent}%, ${count(stage.tasks_done)} of ${count(stage.tasks)}`);
}

/** A row of the funnel's table for each step. */
export function funnelColumns(steps) {
  const first = steps.length > 0 ? steps[0].documents_in : 0;
  const when = (text) => (step) => (known(step) ? text(step) : "–");
  return [
    column("Step", (step) => element("span", { title: `Stage ${step.stage}: ${PROGRESS[step.progress]}` }, step.step)),
    column("", (step) => bar(step, first)),
    column("Documents in", when((step) => count(step.documents_in)), true),
    column("Out", when((step) => count(step.documents_out)), true),
    column("Kept", when((step) => share(step.documents_out, step.documents_in)), true),
    column("Text in", when((step) => bytes(step.bytes_in)), true),
    column("Out", when((step) => bytes(step.bytes_out)), true),
    column("Removed, by rule", rules),
  ];
}

function bar(step, first) {
  const width = (documents) => (first > 0 ? Math.min(100, (100 * documents) / first) : 0);
  const removed = step.documents_in - step.documents_out;
  return element("div", {
    class: `bar ${step.progress}`, role: "img",
    "aria-label": known(step) ? `${count(step.documents_out)} let go on, ${count(removed)} removed, of ${count(first)}` : PROGRESS[step.progress],
  }, part("out", width(step.documents_out)), part("removed", width(removed)));
}

function part(name, width) {
  const made = element("i", { class: name });
  // What is there is never quite invisible.
  made.style.width = width > 0 ? `max(2px, ${width}%)` : "0";
  return made;
}

function rules(step) {
  if (step.progress === "running") {
    return element("span", { class: "faint" }, known(step) ? "so far" : "");
  }
  const list = element("ul", { class: "rules" });
  for (const [rule, documents] of largest(step.removed)) {
    list.append(element("li", {}, `${rule} ${count(documents)} (${share(documents, step.documents_in)})`));
  }
  const events = largest(step.events);
  if (events.length > 0) {
    const named = events.slice(0, MOST_EVENTS).map(([name, times]) => `${name} ${count(times)}`).join(", ");
    list.append(element("li", { class: "more" }, `found: ${named}${events.length > MOST_EVENTS ? ` and ${events.length - MOST_EVENTS} more` : ""}`));
  }
  return list;
}

/** Names with their counts, the largest first. */
const largest = (counts) => Object.entries(counts).sort((a, b) => b[1] - a[1]);

export const rejectedRows = (rejected) => largest(rejected).map(([reason, documents]) => ({ reason, documents }));

export const REJECTED_COLUMNS = [
  column("Reason", (row) => row.reason),
  column("Documents", (row) => count(row.documents), true),
];

export function sourceColumns(sources) {
  const all = sources.reduce((sum, source) => sum + (source.tokens ?? 0), 0);
  return [
    column("Source", (source) => source.name),
    column("Files", (source) => count(source.files), true),
    column("On disk", (source) => bytes(source.bytes), true),
    column("Weight", (source) => measure(source.weight), true),
    column("Documents read", (source) => count(source.documents_read), true),
    column("Text", (source) => bytes(source.bytes_read), true),
    column("Documents kept", (source) => (source.tokens ? count(source.documents_kept) : "–"), true),
    column("Tokens", (source) => (source.tokens ? compact(source.tokens) : "–"), true),
    column("Share of the tokens", (source) => (source.tokens ? share(source.tokens, all) : "–"), true),
  ];
}

export const SPLIT_COLUMNS = [
  column("Split", (split) => split.name),
  column("Documents", (split) => count(split.documents), true),
  column("Tokens", (split) => count(split.tokens), true),
  column("Text", (split) => bytes(split.text_bytes), true),
  column("Files", (split) => count(split.files), true),
];

export const FILE_COLUMNS = [
  column("File", (file) => file.name),
  column("Tokens", (file) => count(file.tokens), true),
];
