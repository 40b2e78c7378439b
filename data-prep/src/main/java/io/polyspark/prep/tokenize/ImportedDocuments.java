package io.polyspark.prep.tokenize;

import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.read.TaskReading;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.TreeMap;

/**
 * Takes over a partition of documents that are ids, as Spark asks for it. Which side one goes to,
 * and how much text it is, its text says, which the tokenizer makes of the ids again. Every
 * document ends with one end of text, whether it had one or not; one of nothing else is left out.
 */
final class ImportedDocuments implements Iterator<TokenizeOutput> {
  private final IdReader reader;
  private final Tokenizer tokenizer;
  private final SplitRule rule;
  private final SideChunks chunks;
  private long read;
  private long empty;
  private boolean ended;

  /**
   * Starts before the first document.
   *
   * @param reader read to its end; closed by whoever opened it
   * @param rule by hash: a tail of ids is no tail of text
   */
  ImportedDocuments(IdReader reader, Tokenizer tokenizer, SplitRule rule) {
    this.reader = reader;
    this.tokenizer = tokenizer;
    this.rule = rule;
    this.chunks =
        new SideChunks(TokenType.forVocabulary(tokenizer.vocabSize()), tokenizer.endOfText());
  }

  @Override
  public boolean hasNext() {
    while (chunks.ready().isEmpty() && !ended) {
      advance();
    }
    return !chunks.ready().isEmpty();
  }

  @Override
  public TokenizeOutput next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return chunks.ready().remove();
  }

  private void advance() {
    int[] ids = nextIds();
    if (ids == null) {
      end();
      return;
    }
    read++;
    int length = ids.length;
    if (length > 0 && ids[length - 1] == tokenizer.endOfText()) {
      length--;
    }
    if (length == 0) {
      empty++;
      return;
    }
    int[] document = Arrays.copyOf(ids, length);
    byte[] utf8 = tokenizer.decode(document).getBytes(StandardCharsets.UTF_8);
    chunks.add(rule.side(utf8), document, utf8.length, Double.NaN);
  }

  private int[] nextIds() {
    TaskReading.requireAlive();
    try {
      return reader.next();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void end() {
    ended = true;
    chunks.flush();
    TreeMap<String, Long> dropped = new TreeMap<>();
    if (empty > 0) {
      dropped.put(TokenizedDocuments.EMPTY, empty);
    }
    chunks
        .ready()
        .add(new PartitionEnd(new PartitionSummary(read, chunks.counts(), dropped, 0, null)));
  }
}
