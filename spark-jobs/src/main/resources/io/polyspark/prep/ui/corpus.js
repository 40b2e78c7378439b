// The page of the tab Corpus: asks the server for what is new of a run, and shows it.
import { bytes, compact, count, duration, share, showNumbers, showTable, when } from "./elements.js";
import {
  FILE_COLUMNS, REJECTED_COLUMNS, SPLIT_COLUMNS, funnelColumns, rejectedRows, sourceColumns, stageColumns,
} from "./funnel.js";
import { fetchJson, watch } from "./watch.js";

const page = document.getElementById("corpus");
const part = (id) => document.getElementById(id);

watch(page, begin);

/** Returns what shows the newest of the run. */
function begin() {
  let last = { revision: -1 };

  return async (anew, signal) => {
    const query = new URLSearchParams({ run: page.dataset.run, known: anew ? -1 : last.revision });
    const answer = await fetchJson(page, query, signal);
    const isNew = Boolean(answer.run);
    last = isNew ? answer : { ...last, time: answer.time };
    if (!last.run) {
      return;
    }
    showHead(last);
    // The time of a stage goes on, also where nothing else is new.
    table("stages", stageColumns(last.run.ended || last.time), last.stages);
    if (isNew) {
      table("funnel", funnelColumns(last.steps), last.steps);
      table("rejected", REJECTED_COLUMNS, rejectedRows(last.rejected));
      table("sources", sourceColumns(last.sources), last.sources);
      showShards(last.splits);
    }
    page.dataset.revision = String(last.revision);
    page.dataset.state = last.run.state;
  };
}

function table(id, columns, rows) {
  part(id).hidden = rows.length === 0;
  const place = part(id).querySelector(".scroll");
  showTable(place, columns, rows);
  place.querySelectorAll("tbody tr").forEach((row, i) => row.classList.add(`is-${rows[i].progress ?? "known"}`));
}

function showHead({ run, stages, steps, splits, time }) {
  const state = part("state");
  state.className = run.state;
  state.textContent = sentence(run, stages);
  const running = stages.find((stage) => stage.progress === "running");
  part("progress").hidden = !(running?.tasks > 0);
  part("progress").value = running?.tasks > 0 ? running.tasks_done / running.tasks : 0;
  const first = steps[0];
  const seen = steps.filter((step) => step.progress !== "waiting" && step.documents_in > 0);
  const newest = seen.at(-1);
  const tokens = splits.reduce((sum, split) => sum + split.tokens, 0);
  showNumbers(part("numbers"), [
    ["Documents read", first ? count(first.documents_in) : "–"],
    [newest && newest.progress === "running" ? `Documents after ${newest.step}, so far` : "Documents kept", newest ? count(newest.documents_out) : "–"],
    ["Of those read", newest ? share(newest.documents_out, first.documents_in) : "–"],
    ["Text kept", newest ? bytes(newest.bytes_out) : "–"],
    ["Tokens written", splits.length > 0 ? compact(tokens) : "–"],
    ["Time", duration(((run.ended || time) - run.started) / 1000)],
  ]);
}

function showShards(splits) {
  table("splits", SPLIT_COLUMNS, splits);
  const files = splits.flatMap((split) => split.first);
  const all = splits.reduce((sum, split) => sum + split.files, 0);
  const details = part("splits").querySelector("details");
  details.querySelector(".hint").textContent = files.length < all
    ? `The first ${count(files.length)} of ${count(all)}; manifest.json has all.` : "";
  showTable(details.querySelector(".files"), FILE_COLUMNS, files);
}

function sentence(run, stages) {
  const running = stages.find((stage) => stage.progress === "running");
  const broken = stages.find((stage) => stage.progress === "broken_off");
  const where = broken ? ` in ${broken.name}` : "";
  switch (run.state) {
    case "running":
      return running ? `Running: ${running.name}, ${running.description}` : "Running: between two stages";
    case "ended":
      return `Ended ${when(run.ended)}${run.note ? `: ${run.note}` : ""}`;
    case "failed":
      return `Failed${where}, ${when(run.ended)}: ${run.failure}`;
    default:
      return `Interrupted${where}: the application ended, ${when(run.ended)}, before the run did; the same command goes on after the last whole stage`;
  }
}
