package io.polyspark.report;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Environment;
import io.polyspark.prep.report.Figures;
import io.polyspark.report.Table.Cell;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.Function;

/** The tables of the page, most of them with a column per run. */
final class ReportTables {
  private static final int MOST_REPLICAS = 256;

  private final List<ReportedRun> runs;

  /**
   * @param runs of the page, the main one first
   */
  ReportTables(List<ReportedRun> runs) {
    this.runs = runs;
  }

  /** What the runs have come to. */
  Table results() {
    List<Table.Row> rows = new ArrayList<>();
    rows.add(words("activation", ReportedRun::activation));
    rows.add(numbers("parameters", run -> Figures.count(run.parameters())));
    rows.add(numbers("tokens", run -> Figures.count(run.tokens())));
    rows.add(
        numbers(
            "steps of a replica",
            run -> Figures.count(run.history().last().map(RoundMetrics::step).orElse(0L))));
    rows.add(numbers("rounds", run -> Figures.count(run.history().rounds())));
    rows.add(numbers("replicas", run -> Figures.count(run.checkpoint().trainer().replicas())));
    rows.add(
        losses("final training loss", run -> last(run.history().curve(Measure.TRAINING_LOSS))));
    rows.add(
        losses("final validation loss", run -> last(run.history().curve(Measure.VALIDATION_LOSS))));
    rows.add(
        losses(
            "best validation loss",
            run -> number(run.history().curve(Measure.VALIDATION_LOSS).lowest())));
    rows.add(losses("perplexity", run -> exp(run.loss())));
    if (runs.stream().anyMatch(run -> run.evaluation().isPresent())) {
      rows.add(losses("bits per byte", run -> evaluated(run, Evaluation.Result::bitsPerByte)));
    }
    rows.add(numbers("tokens per second", run -> Numbers.rate(run.history().tokensPerSecond())));
    rows.add(numbers("wall time", run -> duration(run.history().wallSeconds())));
    rows.add(numbers("outside of steps", run -> Numbers.share(run.history().outsideShare())));
    return new Table(heads(Cell::number), rows);
  }

  /** The evaluations, where there are any. */
  Table evaluations() {
    List<Table.Row> rows = new ArrayList<>();
    rows.add(losses("loss, nats per token", run -> evaluated(run, Evaluation.Result::loss)));
    rows.add(losses("perplexity", run -> evaluated(run, Evaluation.Result::perplexity)));
    rows.add(losses("bits per byte", run -> evaluated(run, Evaluation.Result::bitsPerByte)));
    if (runs.stream().anyMatch(run -> Double.isFinite(entropy(run)))) {
      rows.add(numbers("the text’s own bits per byte", run -> Numbers.loss(entropy(run))));
    }
    rows.add(
        numbers(
            "predicted tokens",
            run -> run.evaluated().map(r -> Figures.count(r.tokens())).orElse(Numbers.NONE)));
    rows.add(
        numbers("checkpoint", run -> "round " + Figures.count(run.checkpoint().trainer().round())));
    if (runs.stream().anyMatch(run -> !reason(run).isEmpty())) {
      rows.add(words("not evaluated", ReportTables::reason));
    }
    return new Table(heads(Cell::number), rows);
  }

  /** Where the time of the rounds went, a row per run. */
  Table time() {
    List<Cell> heads = new ArrayList<>();
    heads.add(Cell.words("run"));
    heads.add(Cell.number("a round"));
    for (RoundPart part : RoundPart.values()) {
      heads.add(Cell.number(part.title()));
    }
    List<Table.Row> rows = new ArrayList<>();
    for (ReportedRun run : runs) {
      RunHistory history = run.history();
      double rounds = history.rounds();
      List<String> cells = new ArrayList<>();
      cells.add(Numbers.seconds(history.wallSeconds() / rounds));
      for (RoundPart part : RoundPart.values()) {
        cells.add(
            Numbers.seconds(history.seconds(part) / rounds)
                + " · "
                + Numbers.share(history.seconds(part) / history.wallSeconds()));
      }
      rows.add(Table.numbers(run.name(), cells));
    }
    return new Table(heads, rows);
  }

  /** The keys whose values differ. */
  Table differences() {
    return configuration(true);
  }

  /** All keys. */
  Table configuration() {
    return configuration(false);
  }

  private Table configuration(boolean onlyDifferent) {
    TreeSet<String> keys = new TreeSet<>();
    runs.forEach(run -> keys.addAll(run.configuration().keySet()));
    List<Table.Row> rows = new ArrayList<>();
    for (String key : keys) {
      List<String> values =
          runs.stream().map(run -> run.configuration().getOrDefault(key, "not set")).toList();
      if (!onlyDifferent || values.stream().distinct().count() > 1) {
        rows.add(Table.words(key, values));
      }
    }
    return new Table(heads(Cell::words), rows);
  }

  /** What the results depend on besides configuration and data. */
  Table environment() {
    List<Table.Row> rows = new ArrayList<>();
    rows.add(environment("kernels", Environment::kernels));
    rows.add(environment("BLAS core type", Environment::blasCore));
    rows.add(environment("Java", Environment::jdk));
    rows.add(environment("threads per task", environment -> "" + environment.threadsPerTask()));
    rows.add(words("hosts", run -> String.join(", ", run.history().hosts())));
    return new Table(heads(Cell::number), rows);
  }

  private Table.Row environment(String name, Function<Environment, String> value) {
    return words(name, run -> value.apply(run.checkpoint().trainer().environment()));
  }

  /** The replicas of the main run's last round. */
  Table replicas() {
    List<Cell> heads =
        List.of(
            Cell.number("replica"),
            Cell.words("host"),
            Cell.words("executor"),
            Cell.words("GPU"),
            Cell.number("steps"),
            Cell.number("tokens per second"));
    List<ReplicaMetrics> replicas =
        runs.get(0).history().last().map(RoundMetrics::replicas).orElse(List.of());
    List<Table.Row> rows = new ArrayList<>();
    for (ReplicaMetrics replica : replicas.stream().limit(MOST_REPLICAS).toList()) {
      rows.add(
          new Table.Row(
              List.of(
                  Cell.number(Figures.count(replica.replica())),
                  Cell.words(Objects.requireNonNullElse(replica.host(), "")),
                  Cell.words(Objects.requireNonNullElse(replica.executor(), "")),
                  Cell.words(Objects.requireNonNullElse(replica.gpu(), "")),
                  Cell.number(Figures.count(replica.steps())),
                  Cell.number(Numbers.rate(replica.tokensPerSecond())))));
    }
    return new Table(heads, rows);
  }

  /** What happened in the runs. */
  Table notices() {
    List<Table.Row> rows = new ArrayList<>();
    for (ReportedRun run : runs) {
      for (Notice notice : run.history().notices()) {
        String severity = name(notice.severity());
        rows.add(
            new Table.Row(
                List.of(
                    Cell.words(run.name()),
                    new Cell(Figures.time(Instant.ofEpochMilli(notice.time())), "w time"),
                    Cell.number(Figures.count(notice.round())),
                    Cell.words(name(notice.topic())),
                    new Cell(severity, "w " + severity),
                    Cell.words(Objects.requireNonNullElse(notice.text(), "")))));
      }
    }
    return new Table(
        List.of(
            Cell.words("run"),
            Cell.words("time"),
            Cell.number("round"),
            Cell.words("topic"),
            Cell.words("severity"),
            Cell.words("what")),
        rows);
  }

  private static String name(Enum<?> constant) {
    return constant == null ? "" : constant.name().toLowerCase(Locale.ROOT);
  }

  /** What a chart shows, in numbers. */
  static Table of(ReportChart chart) {
    List<Table.Row> rows = new ArrayList<>();
    chart
        .lines()
        .forEach(
            (name, curve) ->
                rows.add(
                    Table.numbers(
                        name,
                        List.of(
                            figure(curve.first()),
                            figure(curve.lowest()),
                            figure(curve.highest()),
                            figure(curve.last()),
                            Figures.count(curve.count())))));
    return new Table(
        List.of(
            Cell.words("line"),
            Cell.number("first"),
            Cell.number("lowest"),
            Cell.number("highest"),
            Cell.number("last"),
            Cell.number("points")),
        rows);
  }

  private static String figure(Optional<Curve.Point> point) {
    return Numbers.figure(number(point));
  }

  private List<Cell> heads(Function<String, Cell> look) {
    List<Cell> heads = new ArrayList<>();
    heads.add(Cell.words(""));
    runs.forEach(run -> heads.add(look.apply(run.name())));
    return heads;
  }

  private Table.Row numbers(String name, Function<ReportedRun, String> number) {
    return Table.numbers(name, runs.stream().map(number).toList());
  }

  private Table.Row words(String name, Function<ReportedRun, String> words) {
    return Table.numbers(name, runs.stream().map(words).toList());
  }

  /** Numbers of which less is better: of several runs the least is marked. */
  private Table.Row losses(String name, Function<ReportedRun, Double> loss) {
    List<Double> losses = runs.stream().map(loss).toList();
    double least = losses.stream().filter(Double::isFinite).min(Double::compare).orElse(Double.NaN);
    return Table.row(
        name,
        losses.stream()
            .map(
                value ->
                    runs.size() > 1 && value == least
                        ? Cell.best(Numbers.loss(value))
                        : Cell.number(Numbers.loss(value)))
            .toList());
  }

  private static double last(Curve curve) {
    return number(curve.last());
  }

  private static double number(Optional<Curve.Point> point) {
    return point.map(Curve.Point::value).orElse(Double.NaN);
  }

  private static double exp(OptionalDouble loss) {
    return loss.isPresent() ? Math.exp(loss.getAsDouble()) : Double.NaN;
  }

  private static double evaluated(ReportedRun run, Function<Evaluation.Result, Double> number) {
    return run.evaluated().map(number).orElse(Double.NaN);
  }

  private static double entropy(ReportedRun run) {
    return run.evaluation()
        .map(RunEvaluation::entropyBitsPerByte)
        .orElse(OptionalDouble.empty())
        .orElse(Double.NaN);
  }

  private static String reason(ReportedRun run) {
    return run.evaluation().map(RunEvaluation::reason).orElse("");
  }

  static String duration(double seconds) {
    return Figures.duration(Duration.ofMillis(Math.round(seconds * 1000)));
  }
}
