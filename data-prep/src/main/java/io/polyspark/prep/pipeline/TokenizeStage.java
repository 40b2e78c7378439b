package io.polyspark.prep.pipeline;

import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.Split;
import io.polyspark.prep.deduplicate.LocatedDocument;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.tokenize.Packed;
import io.polyspark.prep.tokenize.SplitRule;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.TaskCompletionListener;

/** Sends what is left through the last steps, tokenizes it, and says where each document goes. */
final class TokenizeStage {
  static final String NAME = "tokenize";

  private final SparkSession session;
  private final JavaSparkContext spark;
  private final PipelinePlan plan;

  /**
   * What a source does with its documents.
   *
   * @param weight its epochs
   * @param split which documents it holds out
   */
  record SourceRule(double weight, SplitRule split) implements Serializable {}

  TokenizeStage(SparkSession session, JavaSparkContext spark, PipelinePlan plan) {
    this.session = session;
    this.spark = spark;
    this.plan = plan;
  }

  /** Writes the table of tokens. */
  TokenReport write(Dataset<Row> documents, String directory) {
    Mix mix = new Mix(plan.config().seed());
    StageMetrics metrics = new StageMetrics(spark.sc(), Funnel.MIX, plan.finishing());
    Broadcast<byte[]> json = spark.broadcast(plan.tokenizerJson());
    Broadcast<Packed<FilterPipeline>> filters = spark.broadcast(Packed.of(plan.finishing()));
    Packed<HashMap<String, SourceRule>> rules = Packed.of(new HashMap<>(rules()));
    Packed<Mix> sharedMix = Packed.of(mix);
    TokenTable.write(
        session,
        DocumentTable.documents(documents)
            .mapPartitions(
                rows ->
                    tokenize(
                        rows,
                        Tokenizer.load(json.value()),
                        filters.value().value(),
                        new Mixing(sharedMix.value(), rules.value()),
                        metrics)),
        directory);
    return DocumentTable.report(
        session.read().parquet(directory), TokenReport.class, TokenReport::plus);
  }

  /** How documents are mixed. */
  record Mixing(Mix mix, Map<String, SourceRule> rules) {}

  private Map<String, SourceRule> rules() {
    Map<String, SourceRule> rules = new HashMap<>();
    for (Source source : plan.config().used()) {
      SplitRule split = new SplitRule(Split.HASH, plan.config().validationFraction(source));
      rules.put(source.name(), new SourceRule(source.weight(), split));
    }
    return rules;
  }

  private static Iterator<Row> tokenize(
      Iterator<LocatedDocument> documents,
      Tokenizer tokenizer,
      FilterPipeline filters,
      Mixing mixing,
      StageMetrics metrics) {
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> tokenizer.close());
    return new TokenRows(documents, tokenizer, filters, mixing, metrics);
  }
}
