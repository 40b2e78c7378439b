package io.polyspark.prep.synthetic;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import io.polyspark.model.random.SplitMix64;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Writes JSON lines for a run at scale, for {@code docs/benchmarks/pipeline.sh}: paragraphs of
 * generated prose in documents of log-normal length, every seventh word a made-up one so that runs
 * of words do not repeat, of which 5 % say what another document says and 10 % say it with a few
 * words changed. Document n is a function of n, so that the files may be written at the same time.
 */
final class LargeCorpus {
  private static final long SEED = 1;
  private static final double EXACT = 0.05;
  private static final double NEAR = 0.10;

  /** The median length in bytes, and the deviation of its logarithm; the mean is 2.9 kB. */
  private static final double MEDIAN_BYTES = 2_400;

  private static final double SPREAD = 0.6;
  private static final int SHORTEST = 500;
  private static final int LONGEST = 40_000;
  private static final int MOST_CHANGES = 6;

  /** Made-up words, by Zipf's law as words of a language are. */
  private static final double WORDS = 2_000_000;

  private static final int WORDS_BETWEEN = 7;

  /** So many stories have the paragraphs that documents are made of. */
  private static final int STORIES = 10_000;

  private static final List<String> PARAGRAPHS = paragraphs();
  private static final String CONSONANTS = "bdfgklmnprstvz";
  private static final String VOWELS = "aeiou";

  /** What a document is. */
  private enum Kind {
    ORIGINAL,
    EXACT_COPY,
    NEAR_COPY
  }

  private final long documents;
  private final LongAdder exact = new LongAdder();
  private final LongAdder near = new LongAdder();
  private final LongAdder bytes = new LongAdder();

  private LargeCorpus(long documents) {
    this.documents = documents;
  }

  /** Arguments: the directory, the size in bytes to a few percent, the number of files. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createDirectories(Path.of(arguments[0]));
    long size = Long.parseLong(arguments[1]);
    int files = Integer.parseInt(arguments[2]);
    double mean = MEDIAN_BYTES * Math.exp(SPREAD * SPREAD / 2);
    LargeCorpus corpus = new LargeCorpus(Math.max(1, Math.round(size / mean)));
    IntStream.range(0, files).parallel().forEach(file -> corpus.write(directory, file, files));
    System.out.printf(
        Locale.ROOT,
        "{\"documents\": %d, \"bytes\": %d, \"exact\": %d, \"near\": %d}%n",
        corpus.documents,
        corpus.bytes.sum(),
        corpus.exact.sum(),
        corpus.near.sum());
  }

  private void write(Path directory, int file, int files) {
    Path path = directory.resolve(String.format(Locale.ROOT, "%05d.jsonl", file));
    try (OutputStream out = Files.newOutputStream(path);
        JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
      json.setRootValueSeparator(new SerializedString("\n"));
      for (long number = documents * file / files;
          number < documents * (file + 1) / files;
          number++) {
        String text = text(number);
        bytes.add(text.getBytes(StandardCharsets.UTF_8).length);
        json.writeStartObject();
        json.writeStringField("text", text);
        json.writeEndObject();
      }
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String text(long number) {
    Kind kind = kind(number);
    if (kind == Kind.ORIGINAL) {
      return original(number);
    }
    // Of an original, so that each copy is one that can be found.
    SplitMix64 others = new SplitMix64(SEED, number, 1);
    long of = number;
    for (long at = 0; kind(of) != Kind.ORIGINAL; at++) {
      of = Math.floorMod(others.at(at), documents);
    }
    if (kind == Kind.EXACT_COPY) {
      exact.increment();
      return original(of);
    }
    near.increment();
    return changed(original(of), new Random(SplitMix64.mix(number)));
  }

  private Kind kind(long number) {
    double chance = new Random(new SplitMix64(SEED, number).at(0)).nextDouble();
    // With so few documents there may be no original.
    return documents < 100 || chance >= EXACT + NEAR
        ? Kind.ORIGINAL
        : chance < EXACT ? Kind.EXACT_COPY : Kind.NEAR_COPY;
  }

  private static String original(long number) {
    Random random = new Random(new SplitMix64(SEED, number, 2).at(0));
    double length = MEDIAN_BYTES * Math.exp(SPREAD * random.nextGaussian());
    int wanted = (int) Math.max(SHORTEST, Math.min(LONGEST, length));
    StringBuilder text = new StringBuilder(wanted + 200);
    while (text.length() < wanted) {
      append(PARAGRAPHS.get(random.nextInt(PARAGRAPHS.size())), wanted, random, text);
      text.append("\n\n");
    }
    return text.toString();
  }

  private static List<String> paragraphs() {
    List<String> paragraphs = new ArrayList<>();
    for (long story = 0; story < STORIES; story++) {
      Prose prose = new Prose();
      Story.tell(Lexicon.english(), new RandomChooser(SEED, story), prose);
      // After the title.
      String[] parts = prose.text().strip().split("\n\n");
      paragraphs.addAll(Arrays.asList(parts).subList(1, parts.length));
    }
    return paragraphs;
  }

  /** Appends prose up to the end of the sentence that makes the text long enough. */
  private static void append(String prose, int wanted, Random random, StringBuilder text) {
    int words = random.nextInt(WORDS_BETWEEN);
    int start = 0;
    for (int i = 0; i < prose.length(); i++) {
      char character = prose.charAt(i);
      if (character == '.' && text.length() + i - start > wanted) {
        text.append(prose, start, i + 1);
        return;
      }
      if (character == ' ' && ++words % WORDS_BETWEEN == 0) {
        text.append(prose, start, i + 1).append(word(random)).append(' ');
        start = i + 1;
      }
    }
    text.append(prose, start, prose.length());
  }

  private static String word(Random random) {
    // The inverse of the distribution of ranks with probability 1 / rank.
    long rank = (long) Math.exp(random.nextDouble() * Math.log(WORDS));
    StringBuilder word = new StringBuilder();
    for (long left = SplitMix64.mix(rank) >>> 1, syllables = 2 + rank % 2;
        syllables > 0;
        syllables--) {
      word.append(CONSONANTS.charAt((int) (left % CONSONANTS.length())));
      left /= CONSONANTS.length();
      word.append(VOWELS.charAt((int) (left % VOWELS.length())));
      left /= VOWELS.length();
    }
    return word.append(CONSONANTS.charAt((int) (rank % CONSONANTS.length()))).toString();
  }

  private static String changed(String text, Random random) {
    StringBuilder changed = new StringBuilder(text);
    for (int change = 1 + random.nextInt(MOST_CHANGES); change > 0; change--) {
      int start = changed.indexOf(" ", random.nextInt(changed.length() * 9 / 10)) + 1;
      int end = changed.indexOf(" ", start);
      if (start > 0 && end > 0) {
        changed.replace(start, end, word(random));
      }
    }
    return changed.toString();
  }
}
