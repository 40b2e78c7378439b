"""Runs the command of docs/benchmarks/pipeline.sh, watches its processes and files, and prints the tables.

Without a command it prints them again from OUTPUT/measured.json.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

STAGES = ("clean", "deduplicate", "tokenize", "shard")
HERTZ = os.sysconf("SC_CLK_TCK")
# Of an executor, in the table of what more text takes; and the largest part of the input for one task (PartitionSize).
CORES = 4
PARTITION_BYTES = 128 << 20
METRICS = {
    "cpu_s": ("internal.metrics.executorCpuTime", 1e-9),
    "gc_s": ("internal.metrics.jvmGCTime", 1e-3),
    "read": ("internal.metrics.input.bytesRead", 1),
    "written": ("internal.metrics.output.bytesWritten", 1),
    "shuffled": ("internal.metrics.shuffle.write.bytesWritten", 1),
    "spilled": ("internal.metrics.diskBytesSpilled", 1),
}


def size(path):
    """Bytes of the files below a directory that others write and remove at the same time."""
    total = 0
    for directory, _, files in os.walk(path):
        for file in files:
            try:
                total += os.stat(os.path.join(directory, file)).st_size
            except FileNotFoundError:
                pass
    return total


def children(parent):
    """The executors that a driver has started."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int(process.joinpath("stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class Watched:
    """The most that a process has had resident, and its processor's time so far."""

    def __init__(self):
        self.resident = {}
        self.cpu = {}

    def look(self, process):
        try:
            status = pathlib.Path(f"/proc/{process}/status").read_text()
            stat = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return
        if "VmHWM:" in status:
            self.resident[process] = int(status.partition("VmHWM:")[2].split()[0]) * 1024
            self.cpu[process] = (int(stat[11]) + int(stat[12])) / HERTZ


def run(output, command):
    """Runs the command; the peaks of its memory and disk, and the processor's time."""
    driver, executors, disk = Watched(), Watched(), {}
    started = time.time()
    process = subprocess.Popen(command, stdout=sys.stderr)
    while process.poll() is None:
        driver.look(process.pid)
        for child in children(process.pid):
            executors.look(child)
        work = output / "_data.work"
        for table in work.iterdir() if work.exists() else []:
            # A table that is being written has a name that begins with _.
            name = table.name.lstrip("_")
            kind = "work" if name.startswith("deduplicate.") else name.partition("-")[0]
            disk[kind] = max(disk.get(kind, 0), size(table))
        disk["all"] = max(disk.get("all", 0), size(work) + size(output / "data") + size(output / "local"))
        disk["local"] = max(disk.get("local", 0), size(output / "local"))
        time.sleep(1)
    if process.returncode != 0:
        sys.exit(f"The run failed with exit code {process.returncode}: see above.")
    return {
        "seconds": time.time() - started,
        "driver_resident": max(driver.resident.values()),
        "executor_resident": max(executors.resident.values()),
        "cpu_s": sum(driver.cpu.values()) + sum(executors.cpu.values()),
        "disk": disk,
    }


def costs(events):
    """What Spark's stages took, summed for each job group, and by job description."""
    groups, descriptions, by_group, by_description, last = {}, {}, {}, {}, STAGES[0]
    for line in (line for file in sorted(events.iterdir()) for line in file.open()):
        event = json.loads(line)
        if event["Event"] == "SparkListenerJobStart":
            group = event["Properties"].get("spark.jobGroup.id")
            # What Spark broadcasts for a query has a group of its own.
            last = group if group in STAGES else last
            for stage in event["Stage IDs"]:
                groups[stage] = last
                descriptions[stage] = event["Properties"].get("spark.job.description", "")
        elif event["Event"] == "SparkListenerStageCompleted":
            info = event["Stage Info"]
            stage = info["Stage ID"]
            for key, table in ((groups[stage], by_group), (descriptions[stage], by_description)):
                cost = table.setdefault(key, {"tasks": 0, "first": float("inf"), "last": 0} | dict.fromkeys(METRICS, 0))
                cost["tasks"] += info["Number of Tasks"]
                cost["first"] = min(cost["first"], info["Submission Time"])
                cost["last"] = max(cost["last"], info["Completion Time"])
                values = {each["Name"]: each["Value"] for each in info["Accumulables"]}
                for name, (metric, unit) in METRICS.items():
                    cost[name] += int(values.get(metric, 0)) * unit
    for cost in [*by_group.values(), *by_description.values()]:
        cost["seconds"] = (cost.pop("last") - cost.pop("first")) / 1000
    return by_group, by_description


def measure(output, command):
    measured = run(output, command)
    measured["stages"], measured["steps"] = costs(output / "events")
    measured["corpus"] = json.loads((output / "corpus.json").read_text())
    report = json.loads((output / "data/report/report.json").read_text())
    measured["funnel"] = report["funnel"]
    measured["tokens"] = sum(side["tokens"] for side in report["splits"].values())
    measured["shards"] = size(output / "data")
    grown = json.loads((output / "grown/reports/000001/report.json").read_text())
    measured["index"] = {"bytes": size(output / "grown/_state/index"), "kept": grown["funnel"][-1]["out"]["bytes"]}
    (output / "measured.json").write_text(json.dumps(measured, indent=1))
    return measured


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def megabytes(count):
    return f"{count / 1e6:,.0f}"


def run_tables(measured):
    read = measured["funnel"][0]["in"]
    size_in, documents = read["bytes"], read["documents"]
    found = {step["stage"]: step for step in measured["funnel"]}
    kept = measured["funnel"][-1]["out"]
    print(
        f"{documents:,} documents, {megabytes(size_in)} MB in; {kept['documents']:,} documents,"
        f" {megabytes(kept['bytes'])} MB, {measured['tokens']:,} tokens out; {measured['seconds']:,.0f} s,"
        f" {measured['cpu_s']:,.0f} s of processors.\n"
    )
    names = {"clean": "clean", "deduplicate": "deduplicate", "tokenize": "tokenize", "shard": ""}
    # Every stage is held against the text that it gets.
    cleaned = found["deduplicate"]["in"]["bytes"]
    unique = found["deduplicate"]["out"]["bytes"]
    gets = {"clean": size_in, "deduplicate": cleaned, "tokenize": unique, "shard": unique}
    rows = []
    for stage in STAGES:
        cost = measured["stages"][stage]
        rows.append(
            [
                stage,
                f"{cost['seconds']:,.0f}",
                f"{gets[stage] / cost['seconds'] / 1e6:,.1f}",
                f"{gets[stage] / cost['cpu_s'] / 1e6:,.1f}",
                f"{cost['tasks']:,}",
                megabytes(cost["read"]),
                megabytes(cost["shuffled"]),
                f"{cost['shuffled'] / documents:,.0f}",
                megabytes(cost["spilled"]),
                f"{cost['gc_s']:,.0f}",
                megabytes(measured["disk"].get(names[stage], 0)) if names[stage] else megabytes(measured["shards"]),
            ]
        )
    table(
        [
            "stage",
            "time, s",
            "MB/s",
            "MB/s of a task's processor time",
            "tasks",
            "read, MB",
            "shuffle written, MB",
            "a document, bytes",
            "spilled, MB",
            "collecting garbage, s",
            "table, MB",
        ],
        rows,
    )
    disk = measured["disk"]
    print(
        f"Deduplication's own tables: {megabytes(disk.get('work', 0))} MB at the most; Spark's local directories:"
        f" {megabytes(disk['local'])} MB; all at once: {megabytes(disk['all'])} MB. Most resident: driver"
        f" {measured['driver_resident'] >> 20:,} MiB, executor {measured['executor_resident'] >> 20:,} MiB.\n"
    )
    removed = found["deduplicate"]["removed"]
    print(
        f"Planted: {measured['corpus']['exact']:,} equal and {measured['corpus']['near']:,} similar documents; removed:"
        f" {removed.get('exact', 0):,} and {removed.get('near', 0):,}.\n"
    )


def needs(measured):
    """What more text takes, where all grows with its bytes and an executor has 4 cores."""
    read = measured["funnel"][0]["in"]["bytes"]
    kept = measured["funnel"][-1]["out"]["bytes"]
    # The processor's time of whole processes: the collector, the compiler and the driver are in it.
    rate = read / measured["cpu_s"]
    shuffled = sum(cost["shuffled"] for cost in measured["stages"].values()) / read
    disk = measured["disk"]["all"] / read
    index = measured["index"]["bytes"] / measured["index"]["kept"] * kept / read
    print(
        f"A core takes {rate / 1e6:.1f} MB/s through all stages; for each byte of text {shuffled:.2f} are shuffled,"
        f" {disk:.2f} lie on disks at the most, beside the text, and {index:.2f} stay in an index.\n"
    )
    rows = []
    for terabytes in (1, 10, 100):
        hours = terabytes * 1e12 / rate / 3600
        executors = {1: 10, 10: 50, 100: 250}[terabytes]
        rows.append(
            [
                f"{terabytes} TB",
                f"{hours:,.0f}",
                f"{executors}",
                f"{hours / executors / CORES:,.1f}",
                f"{shuffled * terabytes:,.1f} TB",
                f"{disk * terabytes:,.1f} TB",
                f"{index * terabytes:,.1f} TB",
                f"{terabytes * 1e12 / PARTITION_BYTES:,.0f}",
            ]
        )
    header = ["text", "hours of a core", "executors", "hours", "shuffled", "disk", "index", "tasks that read"]
    table(header, rows)


if __name__ == "__main__":
    directory = pathlib.Path(sys.argv[1])
    results = measure(directory, sys.argv[2:]) if sys.argv[2:] else json.loads((directory / "measured.json").read_text())
    run_tables(results)
    needs(results)
