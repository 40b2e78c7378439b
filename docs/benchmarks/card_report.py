"""Prints what docs/benchmarks/card.sh measured as Markdown, and ends with 1 if a check failed.

    python3 docs/benchmarks/card_report.py DIR/results
    python3 docs/benchmarks/card_report.py --compare CARD.json CPU.json     two losses, at most 1e-2 apart

What is written in the tables is written to DIR/results/report.md and report.json too.
"""

import json
import pathlib
import sys

# Between the loss of a checkpoint on the card and on the processor.
TOLERANCE = 1e-2


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def by_name(file):
    return {line["name"]: line for line in lines(file)}


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def number(values, key, form="{:,.2f}"):
    return form.format(values[key]) if key in values else "-"


class Report:
    def __init__(self, directory):
        # What was done twice counts once, the last time.
        self.steps = list(by_name(directory / "steps.jsonl").values())
        self.checks = list(by_name(directory / "checks.jsonl").values())
        self.found = by_name(directory / "measurements.jsonl")

    def failed(self):
        return [step["name"] for step in self.steps if step["code"] != 0]

    def best(self, names, key):
        """The most that any of several measured."""
        return max((self.found[name][key] for name in names if key in self.found.get(name, {})), default=None)

    def text(self):
        yield from self.steps_table()
        yield from self.checks_table()
        yield from self.operations_table()
        yield from self.steps_of_models()
        yield from self.time_of_operations()

    def steps_table(self):
        yield from table(
            ["step", "result", "s", ""],
            ([step["name"], self.result(step), str(step["seconds"]), step["note"]] for step in self.steps))

    @staticmethod
    def result(step):
        if step["note"].startswith("left out"):
            return "left out"
        return "done" if step["code"] == 0 else f"**failed ({step['code']})**"

    def checks_table(self):
        if self.checks:
            yield from table(
                ["tests", "passed", "failed", "left out"],
                ([check["name"].rpartition(".")[2], *(str(check[key]) for key in ("passed", "failed", "left_out"))]
                 for check in self.checks))

    def operations_table(self):
        copy = self.best(("copy", "peer copy"), "gigabytes_per_second")
        peak = self.best(("product", "peer product"), "teraflops")
        rows = []
        for name, values in self.found.items():
            if "gigabytes_per_second" in values:
                share = values["gigabytes_per_second"] / copy if copy else 0
                rate = number(values, "gigabytes_per_second", "{:,.0f} GB/s")
            elif "teraflops" in values and "step_ms" not in values:
                share = values["teraflops"] / peak if peak else 0
                rate = number(values, "teraflops", "{:,.1f} TFLOP/s")
            else:
                continue
            rows.append([name, number(values, "milliseconds", "{:,.3f}"), rate, f"{100 * share:.1f}"])
        if rows:
            yield from table(["operation", "ms", "rate", "% of the copy or the peak"], rows)

    def steps_of_models(self):
        peak = self.best(("product", "peer product"), "teraflops")
        rows = []
        for model in ("dense", "experts"):
            ours = self.found.get(model, {}).get("tokens_per_second")
            for name in (model, f"peer {model} eager", f"peer {model} compiled"):
                values = self.found.get(name)
                if values is None:
                    continue
                if "error" in values:
                    rows.append([name, values["error"], *("-" * 6)])
                    continue
                rate = values["tokens_per_second"]
                rows.append([
                    name, f"{values['layers']}", f"{values['batch']} x {values['context']}",
                    values.get("recompute", "none"), number(values, "step_ms", "{:,.1f}"), f"{rate:,.0f}",
                    f"{100 * values['teraflops'] / peak:.1f}" if peak else "-", f"{ours / rate:.2f}" if ours else "-"])
        if rows:
            yield from table(
                ["model", "layers", "B x T", "recompute", "step, ms", "tokens/s", "MFU, %", "PolySpark over it"], rows)

    def time_of_operations(self):
        for name, values in self.found.items():
            if name.endswith(", by operation"):
                times = values["milliseconds"]
                total = sum(times.values())
                yield from table(
                    [name, "ms", "%"],
                    ([of, f"{ms:,.2f}", f"{100 * ms / total:.1f}"] for of, ms in times.items()))


def compare(card, processor):
    losses = [json.loads(pathlib.Path(file).read_text()) for file in (card, processor)]
    losses = [loss if isinstance(loss, dict) else loss[0] for loss in losses]
    first, second = (loss["loss"] for loss in losses)
    print(f"loss on the card {first:.6f}, on the processor {second:.6f}")
    return 0 if abs(first - second) <= TOLERANCE else 1


def main():
    if sys.argv[1] == "--compare":
        return compare(*sys.argv[2:])
    directory = pathlib.Path(sys.argv[1])
    report = Report(directory)
    text = "\n".join(report.text())
    print(text)
    (directory / "report.md").write_text(text + "\n")
    (directory / "report.json").write_text(json.dumps(
        {"steps": report.steps, "checks": report.checks, "measurements": list(report.found.values())}, indent=1) + "\n")
    if report.failed():
        print("Failed: " + ", ".join(report.failed()))
    return 1 if report.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
