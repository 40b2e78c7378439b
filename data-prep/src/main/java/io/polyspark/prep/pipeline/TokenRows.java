package io.polyspark.prep.pipeline;

import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.deduplicate.LocatedDocument;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.PipelineRun;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.Place;
import io.polyspark.prep.report.LengthHistogram;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Optional;
import java.util.TreeMap;

/** Finishes and tokenizes a partition as Spark asks for it: memory holds one document. */
final class TokenRows extends RowIterator {
  private final Iterator<LocatedDocument> documents;
  private final Tokenizer tokenizer;
  private final TokenType type;
  private final PipelineRun filters;
  private final TokenizeStage.Mixing mixing;
  private final StageMetrics metrics;
  private final TreeMap<String, EnumMap<Side, SideCounts>> sources = new TreeMap<>();
  private final TreeMap<String, Volume> tokenized = new TreeMap<>();
  private final LengthHistogram lengths = new LengthHistogram();
  private Volume in = Volume.NONE;
  private long empty;
  private long leftOut;

  TokenRows(
      Iterator<LocatedDocument> documents,
      Tokenizer tokenizer,
      FilterPipeline filters,
      TokenizeStage.Mixing mixing,
      StageMetrics metrics) {
    this.documents = documents;
    this.tokenizer = tokenizer;
    this.type = TokenType.forVocabulary(tokenizer.vocabSize());
    this.filters = filters.start();
    this.mixing = mixing;
    this.metrics = metrics;
  }

  @Override
  void advance() {
    if (documents.hasNext()) {
      add(documents.next());
    } else {
      end();
    }
  }

  private void add(LocatedDocument located) {
    byte[] utf8 = located.text().getBytes(StandardCharsets.UTF_8);
    Document document =
        new Document(
            located.text(), utf8, Double.NaN, new Place(located.source(), located.position()));
    in = in.plus(document);
    Optional<Document> finished = filters.apply(document);
    if (finished.isEmpty()) {
      return;
    }
    if (finished.get().text().isBlank()) {
      empty++;
      return;
    }
    tokenize(DocumentTable.sourceOf(located), finished.get());
  }

  private void tokenize(String source, Document document) {
    TokenizeStage.SourceRule rule = mixing.rules().get(source);
    Place place = document.place();
    Mix.Key key = mixing.mix().key(place.file(), place.position());
    Side side = rule.split().side(document.utf8());
    // What models are judged by is there once, whatever is trained on.
    int copies = side == Side.TRAIN ? Mix.copies(key, rule.weight()) : 1;
    if (copies == 0) {
      leftOut++;
      return;
    }
    int[] ids = tokenizer.encode(document.text());
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = tokenizer.endOfText();
    SideCounts counts =
        new SideCounts(
            copies, (long) copies * ended.length, (long) copies * document.utf8().length, 0);
    sources
        .computeIfAbsent(source, name -> new EnumMap<>(Side.class))
        .merge(side, counts, SideCounts::plus);
    tokenized.merge(source, Volume.NONE.plus(document), Volume::plus);
    lengths.add(document.utf8().length);
    give(TokenTable.document(side, copies, key, ended.length, type.encode(ended)));
  }

  private void end() {
    TokenReport report =
        new TokenReport(in, filters.report(), empty, leftOut, tokenized, lengths, sources);
    metrics.add(report.filters());
    metrics.add(Funnel.MIX, report.finished(), CleanReport.total(tokenized));
    giveLast(TokenTable.report(report));
  }
}
