package io.polyspark.prep.filter;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.prep.read.Document;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.zip.CRC32;

/**
 * Writes what the filters say of each document, for {@code docs/benchmarks/filters_peer.py} to hold
 * against its own verdicts.
 */
final class FilterVerdicts {
  private static final ObjectMapper JSON = new ObjectMapper();

  private FilterVerdicts() {}

  /**
   * Writes {@code documents.jsonl}, the texts, and {@code verdicts.tsv}: a line for each with what
   * each filter says of it by itself, and at the end what they say one after the other; {@code
   * kept}, for C4 and at the end with the CRC-32 of what is left, or the rule.
   */
  static void write(Path directory, List<Document> documents, List<Stage> filters)
      throws IOException {
    try (BufferedWriter texts = Files.newBufferedWriter(directory.resolve("documents.jsonl"));
        BufferedWriter verdicts = Files.newBufferedWriter(directory.resolve("verdicts.tsv"))) {
      for (Document document : documents) {
        texts.write(JSON.writeValueAsString(Map.of("text", document.text())));
        texts.newLine();
        StringJoiner line = new StringJoiner("\t");
        for (Stage filter : filters) {
          line.add(alone(filter, document));
        }
        verdicts.write(line.add(inOrder(filters, document)).toString());
        verdicts.newLine();
      }
    }
  }

  private static String alone(Stage filter, Document document) {
    Verdict verdict = filter.apply(new Candidate(document));
    if (verdict instanceof Verdict.Removed removed) {
      return removed.reason();
    }
    return filter instanceof C4 ? kept(((Verdict.Kept) verdict).candidate()) : "kept";
  }

  private static String inOrder(List<Stage> filters, Document document) {
    Candidate candidate = new Candidate(document);
    for (Stage filter : filters) {
      Verdict verdict = filter.apply(candidate);
      if (verdict instanceof Verdict.Removed removed) {
        return filter.name() + "." + removed.reason();
      }
      candidate = ((Verdict.Kept) verdict).candidate();
    }
    return kept(candidate);
  }

  private static String kept(Candidate candidate) {
    CRC32 sum = new CRC32();
    sum.update(candidate.text().getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "kept %08x", sum.getValue());
  }
}
