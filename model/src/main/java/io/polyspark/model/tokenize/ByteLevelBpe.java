package io.polyspark.model.tokenize;

import io.polyspark.model.config.UserError;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Byte-level byte-pair encoding in Java, many times as fast as the tokenizers library and with the
 * same ids: GPT-2's words, a cache of those that were met, merges by rank. Opens only what it knows
 * exactly. The library is opened beside it when it is first needed: to turn ids into text, and for
 * the rare text that the two might read differently.
 */
public final class ByteLevelBpe implements Tokenizer {
  private static final Logger LOG = LoggerFactory.getLogger(ByteLevelBpe.class);

  /** Below this character every text is composed. */
  private static final char FIRST_COMBINING = 0x300;

  private final byte[] json;
  private final TokenizerJson checked;
  private final String source;
  private final String sha256;
  private final int endOfText;
  private final BpeModel model;
  private final ConcurrentLinkedDeque<WordEncoder> idle = new ConcurrentLinkedDeque<>();
  private HuggingFaceTokenizer library;
  private boolean closed;

  private ByteLevelBpe(byte[] json, TokenizerJson checked, String source, BpeModel model) {
    this.json = json.clone();
    this.checked = checked;
    this.source = source;
    this.sha256 = Sha256.hex(json);
    this.endOfText = checked.endOfText(source);
    this.model = model;
  }

  /**
   * Opens a tokenizer if it is one of this kind.
   *
   * @param json a {@code tokenizer.json}; copied
   * @param source what to call it in a message
   * @return nothing where only the library knows what the file asks for
   * @throws UserError if it is no tokenizer, or has no end of text
   */
  public static Optional<ByteLevelBpe> open(byte[] json, String source) {
    return open(json, TokenizerJson.read(json, source), source);
  }

  /** As {@link #open}, with the library in the place of nothing. */
  static Tokenizer orLibrary(byte[] json, String source) {
    TokenizerJson checked = TokenizerJson.read(json, source);
    Optional<ByteLevelBpe> opened = open(json, checked, source);
    return opened.isPresent() ? opened.get() : new HuggingFaceTokenizer(json, checked, source);
  }

  private static Optional<ByteLevelBpe> open(byte[] json, TokenizerJson checked, String source) {
    try {
      BpeModel model = BpeModelReader.read(checked.root());
      LOG.debug("{} is byte-level BPE and encoded in Java", source);
      return Optional.of(new ByteLevelBpe(json, checked, source, model));
    } catch (UnsupportedTokenizerException e) {
      LOG.debug("{} is encoded by the tokenizers library: {}", source, e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public int vocabSize() {
    return checked.vocabSize();
  }

  @Override
  public int endOfText() {
    return endOfText;
  }

  @Override
  public int[] encode(String text) {
    boolean compose = false;
    for (int i = 0; i < text.length(); i++) {
      char value = text.charAt(i);
      if (value < FIRST_COMBINING) {
        continue;
      }
      int codePoint = text.codePointAt(i);
      if (Character.isSupplementaryCodePoint(codePoint)) {
        i++;
      } else if (Character.isSurrogate(value)) {
        return library().encode(text);
      }
      compose = true;
      if (model.compose() && LibraryUnicode.normalizesUnlikeJava(codePoint)) {
        return library().encode(text);
      }
    }
    compose &= model.compose() && !Normalizer.isNormalized(text, Normalizer.Form.NFC);
    WordEncoder encoder = idle.poll();
    if (encoder == null) {
      encoder = new WordEncoder(model);
    }
    try {
      return encode(text.getBytes(StandardCharsets.UTF_8), compose, encoder);
    } finally {
      if (!encoder.isLarge()) {
        idle.push(encoder);
      }
    }
  }

  private int[] encode(byte[] text, boolean compose, WordEncoder encoder) {
    encoder.start();
    AddedTokens tokens = model.tokensOfText();
    int at = 0;
    while (at < text.length) {
      int start = tokens.next(text, at, text.length);
      if (start > at) {
        encodeBetween(text, at, start, compose, encoder);
      }
      at = addToken(tokens, text, start, text.length, encoder);
    }
    return encoder.ids();
  }

  /** Text between the tokens that are looked for before it is composed. */
  private void encodeBetween(byte[] text, int from, int to, boolean compose, WordEncoder encoder) {
    byte[] composed = text;
    int at = from;
    int limit = to;
    if (compose) {
      String piece = new String(text, from, to - from, StandardCharsets.UTF_8);
      composed = Normalizer.normalize(piece, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
      at = 0;
      limit = composed.length;
    }
    AddedTokens tokens = model.tokensOfComposedText();
    while (at < limit) {
      int start = tokens.next(composed, at, limit);
      if (start > at) {
        encoder.encode(composed, at, start);
      }
      at = addToken(tokens, composed, start, limit, encoder);
    }
  }

  /** Adds the token that starts here, if the text does not end, and returns where to go on. */
  private static int addToken(
      AddedTokens tokens, byte[] text, int start, int limit, WordEncoder encoder) {
    if (start == limit) {
      return limit;
    }
    int token = tokens.longest(text, start, limit);
    encoder.add(tokens.id(token));
    return start + tokens.length(token);
  }

  @Override
  public String decode(int[] ids) {
    return library().decode(ids);
  }

  private synchronized HuggingFaceTokenizer library() {
    if (closed) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    if (library == null) {
      library = new HuggingFaceTokenizer(json, checked, source);
    }
    return library;
  }

  @Override
  public String sha256() {
    return sha256;
  }

  @Override
  public byte[] json() {
    return json.clone();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (library != null) {
      library.close();
      library = null;
    }
  }
}
