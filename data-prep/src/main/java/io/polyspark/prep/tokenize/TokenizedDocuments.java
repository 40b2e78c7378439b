package io.polyspark.prep.tokenize;

import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.Split;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.read.Rejection;
import io.polyspark.prep.read.TaskReading;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.TreeMap;

/**
 * Tokenizes a partition as Spark asks for it: memory holds one document and a chunk per side. After
 * every document comes the end of text. Stops early once more documents are damaged than the whole
 * run allows.
 */
final class TokenizedDocuments implements Iterator<TokenizeOutput> {
  static final String EMPTY = "empty";

  private final DocumentReader reader;
  private final Tokenizer tokenizer;
  private final SplitRule rule;
  private final long maxRejected;
  private final SideChunks chunks;
  private final TreeMap<String, Long> dropped = new TreeMap<>();
  private long read;
  private long rejected;
  private String firstRejection;
  private boolean ended;

  /**
   * Starts before the first document.
   *
   * @param reader read to its end; closed by whoever opened it
   */
  TokenizedDocuments(DocumentReader reader, Tokenizer tokenizer, SplitRule rule, long maxRejected) {
    this.reader = reader;
    this.tokenizer = tokenizer;
    this.rule = rule;
    this.maxRejected = maxRejected;
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
    ReadResult result = TaskReading.next(reader);
    if (result instanceof Document document) {
      read++;
      add(document);
    } else if (result instanceof Rejection rejection) {
      read++;
      reject(rejection);
    }
    if (result == null || rejected > maxRejected) {
      end();
    }
  }

  private void add(Document document) {
    byte[] utf8 = document.utf8();
    if (document.text().isBlank()) {
      dropped.merge(EMPTY, 1L, Long::sum);
    } else if (rule.kind() == Split.HASH) {
      add(rule.side(utf8), document.text(), utf8.length, document.bits());
    } else {
      // What a generated document's parts say is not known one by one, only their sum.
      int start = rule.tailStart(utf8);
      String head = new String(utf8, 0, start, StandardCharsets.UTF_8);
      String tail = document.text().substring(head.length());
      add(Side.TRAIN, head, start, Double.NaN);
      add(Side.VALIDATION, tail, utf8.length - start, Double.NaN);
    }
  }

  private void add(Side side, String text, int textBytes, double bits) {
    if (!text.isEmpty()) {
      chunks.add(side, tokenizer.encode(text), textBytes, bits);
    }
  }

  private void reject(Rejection rejection) {
    rejected++;
    dropped.merge(rejection.reason(), 1L, Long::sum);
    RejectedDocument document = new RejectedDocument(rejection);
    if (firstRejection == null) {
      firstRejection = document.description();
    }
    chunks.ready().add(document);
  }

  private void end() {
    ended = true;
    chunks.flush();
    chunks
        .ready()
        .add(
            new PartitionEnd(
                new PartitionSummary(read, chunks.counts(), dropped, rejected, firstRejection)));
  }
}
