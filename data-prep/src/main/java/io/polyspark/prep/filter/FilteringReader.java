package io.polyspark.prep.filter;

import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.ReadResult;
import java.io.IOException;
import java.util.Optional;

/**
 * The documents of a reader that a pipeline keeps, as it leaves them; damaged ones go through as
 * they are. Closes the reader.
 */
public final class FilteringReader implements DocumentReader {
  private final DocumentReader documents;
  private final PipelineRun run;

  /**
   * Filters as it is read.
   *
   * @param run counts what happens; its report is whole after the last document
   */
  public FilteringReader(DocumentReader documents, PipelineRun run) {
    this.documents = documents;
    this.run = run;
  }

  @Override
  public ReadResult next() throws IOException {
    while (true) {
      ReadResult result = documents.next();
      if (!(result instanceof Document document)) {
        return result;
      }
      Optional<Document> kept = run.apply(document);
      if (kept.isPresent()) {
        return kept.get();
      }
    }
  }

  @Override
  public void close() throws IOException {
    documents.close();
  }
}
