// The page of the tab Training: asks the server for what is new of a run, and shows it.
import { CHARTS, Chart } from "./charts.js";
import { Experts } from "./experts.js";
import { compact, count, duration, measure, showNumbers, showTable, when } from "./elements.js";
import { NOTICE_COLUMNS, REPLICA_COLUMNS } from "./tables.js";
import { fetchJson, watch } from "./watch.js";

const page = document.getElementById("training");
const part = (id) => document.getElementById(id);

watch(page, begin);

/** Prepares the page, and returns what shows the newest of the run in it. */
function begin(ask) {
  const controls = part("controls");
  const charts = CHARTS.map((spec) => new Chart(spec, () => ask(true)));
  const experts = new Experts(part("experts"), () => ask(true));
  let names = [];
  let revision = -1;

  part("charts").append(...charts.map((chart) => chart.place));
  controls.hidden = false;
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("change", () => ask(true));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    charts.forEach((chart) => chart.repaint());
    ask(true);
  });
  return show;

  /** Asks for what is new, or for all of it; true where more is wanted at once. */
  async function show(anew, signal) {
    const wish = { axis: controls.elements.axis.value, replicas: controls.elements.replicas.checked };
    const wanted = charts.map((chart) => chart.wanted(names, wish));
    const query = new URLSearchParams({
      run: page.dataset.run, round: experts.asked, known: anew ? -1 : revision, points: Math.min(2000, Math.max(400, page.clientWidth)),
    });
    wanted.flat().forEach((curve) => query.append("curve", curve.name));
    const answer = await fetchJson(page, query, signal);
    if (!answer.run) {
      return false;
    }
    const newNames = answer.names.join() !== names.join();
    names = answer.names;
    revision = newNames ? -1 : answer.revision;
    charts.forEach((chart, i) => chart.draw(wanted[i], answer.curves));
    showRun(answer);
    experts.draw(answer.experts);
    if (!newNames) {
      page.dataset.revision = String(revision);
      page.dataset.state = answer.run.state;
    }
    return newNames;
  }
}

function showRun({ run, replicas, notices, notice_count: noticeCount }) {
  const state = part("state");
  state.className = run.state;
  state.textContent = sentence(run);
  part("progress").hidden = false;
  part("progress").value = run.step / run.total_steps;
  showNumbers(part("numbers"), [
    ["Loss, nats per token", measure(run.loss)],
    ["Validation loss", measure(run.validation_loss)],
    ["Tokens per second", compact(run.tokens_per_second)],
    ["Tokens seen", compact(run.tokens_seen)],
    ["Round", count(run.round)],
    ["Time left", duration(run.seconds_left)],
  ]);
  part("replicas").hidden = replicas.length === 0;
  showTable(part("replicas").querySelector(".scroll"), REPLICA_COLUMNS, replicas);
  part("notices").hidden = notices.length === 0;
  part("notices").querySelector(".hint").textContent = noticeCount > notices.length
    ? `The newest ${count(notices.length)} of ${count(noticeCount)}; metrics.jsonl has all.` : "";
  showTable(part("notices").querySelector(".scroll"), NOTICE_COLUMNS, notices);
}

function sentence(run) {
  const steps = `step ${count(run.step)} of ${count(run.total_steps)}`;
  switch (run.state) {
    case "running":
      return `Running: ${steps} (${Math.floor((100 * run.step) / run.total_steps)}%)`
        + (run.time ? `, the newest round was recorded at ${when(run.time)}` : ", no round has ended yet");
    case "ended":
      return `Ended at ${steps}, ${when(run.ended)}`;
    case "failed":
      return `Failed at ${steps}, ${when(run.ended)}: ${run.failure}`;
    default:
      return `Interrupted at ${steps}: the application ended, ${when(run.ended)}, before the run did`;
  }
}
