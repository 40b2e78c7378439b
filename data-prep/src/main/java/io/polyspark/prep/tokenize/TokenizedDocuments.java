package io.polyspark.prep.tokenize;

import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.Split;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.read.Rejection;
import io.polyspark.prep.read.TaskReading;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.EnumMap;
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
  private static final int CHUNK_BYTES = 1 << 20;

  private final DocumentReader reader;
  private final Tokenizer tokenizer;
  private final TokenType type;
  private final SplitRule rule;
  private final long maxRejected;
  private final EnumMap<Side, ByteArrayOutputStream> pending = new EnumMap<>(Side.class);
  private final ArrayDeque<TokenizeOutput> ready = new ArrayDeque<>();
  private final EnumMap<Side, SideCounts> counts = new EnumMap<>(Side.class);
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
    this.type = TokenType.forVocabulary(tokenizer.vocabSize());
    this.rule = rule;
    this.maxRejected = maxRejected;
  }

  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && !ended) {
      advance();
    }
    return !ready.isEmpty();
  }

  @Override
  public TokenizeOutput next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
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
    if (text.isEmpty()) {
      return;
    }
    ByteArrayOutputStream chunk =
        pending.computeIfAbsent(side, s -> new ByteArrayOutputStream(CHUNK_BYTES));
    int[] ids = tokenizer.encode(text);
    chunk.writeBytes(type.encode(ids));
    chunk.writeBytes(type.encode(new int[] {tokenizer.endOfText()}));
    counts.merge(side, SideCounts.NONE.plus(ids.length + 1, textBytes, bits), SideCounts::plus);
    if (chunk.size() >= CHUNK_BYTES) {
      flush(side);
    }
  }

  private void reject(Rejection rejection) {
    rejected++;
    dropped.merge(rejection.reason(), 1L, Long::sum);
    if (firstRejection == null) {
      firstRejection = rejection.description().get();
    }
  }

  private void end() {
    ended = true;
    pending.keySet().forEach(this::flush);
    ready.add(
        new PartitionEnd(new PartitionSummary(read, counts, dropped, rejected, firstRejection)));
  }

  private void flush(Side side) {
    ByteArrayOutputStream chunk = pending.get(side);
    if (chunk.size() > 0) {
      ready.add(new TokenChunk(side, chunk.toByteArray()));
      chunk.reset();
    }
  }
}
