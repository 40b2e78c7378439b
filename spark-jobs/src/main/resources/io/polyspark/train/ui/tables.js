// The columns of the tables of the tab Training.
import { bytes, column, count, measure, share, when } from "./elements.js";

// One more column of a replica is one more line here: its record in metrics.jsonl comes whole.
export const REPLICA_COLUMNS = [
  column("Replica", (row) => count(row.replica), true),
  column("Host", (row) => row.host),
  column("Executor", (row) => row.executor),
  column("GPU", (row) => row.gpu || "–"),
  column("Steps of its round", (row) => count(row.steps), true),
  column("Round", (row) => count(row.round), true),
  column("Tokens per second", (row) => measure(row.tokens_per_second), true),
  column("Drift", (row) => measure(row.drift), true),
  column("GPU memory", (row) => (row.card?.memory_used == null ? "–" : `${bytes(row.card.memory_used)} of ${bytes(row.card.memory_total)}`), true),
  column("GPU busy", (row) => share(row.card?.utilization, 100), true),
  column("Of its peak", (row) => share(row.card?.peak_share, 1), true),
  column("Last seen", (row) => when(row.last_seen)),
];

export const NOTICE_COLUMNS = [
  column("Time", (row) => when(row.time)),
  column("Round", (row) => count(row.round), true),
  column("Topic", (row) => row.topic),
  column("Severity", (row) => row.severity),
  column("What", (row) => row.text),
];
