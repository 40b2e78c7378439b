package io.polyspark.model.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ids are those of the tokenizers library, which is the oracle. */
class ByteLevelBpeTest {
  private static final Path DATA = Path.of(System.getProperty("data.dir"));
  private static final Path NEOX = DATA.resolve("tokenizers/gpt-neox-olmo-dolma-v1_5.json");

  private static final String[] MERGES = {
    "b c",
    "a b",
    "b a",
    "ab c",
    "a bc",
    "\u0120 t",
    "h e",
    "\u0120t he",
    "\u0120 \u0120",
    "1 2",
    "' s",
    "! !",
    "\u00c3 \u00a9",
    "a a",
    "aa aa",
    "\u010a \u010a",
    "abc abc",
    "\u0120\u0120 t"
  };

  @Test
  void everyDocumentOfTheDataHasTheSameIds() throws IOException {
    assumeTrue(Files.exists(NEOX), () -> NEOX + " is absent");
    byte[] json = Files.readAllBytes(NEOX);
    try (ByteLevelBpe ours = ByteLevelBpe.open(json, "ours").orElseThrow();
        Tokenizer library = new HuggingFaceTokenizer(json, "the library")) {
      for (String text : documents()) {
        assertSame(ours, library, text);
      }
      assertThat(ours.vocabSize()).isEqualTo(50_280);
      assertThat(ours.endOfText()).isEqualTo(50_279);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "composed", "prefix", "whole", "ignore", "added", "all"})
  void randomTextHasTheSameIds(String kind) {
    ByteLevelJson json = new ByteLevelJson();
    if (kind.equals("added") || kind.equals("all")) {
      json.token("<x>", false).token("<x>y", false).token("  ", true).token("e\u0301", true);
      json.token("   ", true).token("b<", true).token("\u4e16", false);
    }
    json.merges(MERGES);
    if (kind.equals("composed") || kind.equals("all")) {
      json.composed();
    }
    json.preTokenizer().put("add_prefix_space", kind.equals("prefix") || kind.equals("all"));
    json.preTokenizer().put("use_regex", !kind.equals("whole"));
    json.model().put("ignore_merges", kind.equals("ignore") || kind.equals("all"));
    try (ByteLevelBpe ours = ByteLevelBpe.open(json.bytes(), "ours").orElseThrow();
        Tokenizer library = new HuggingFaceTokenizer(json.bytes(), "the library")) {
      assertSame(ours, library, "");
      Random random = new Random(kind.hashCode());
      for (int i = 0; i < 2_000; i++) {
        assertSame(ours, library, text(random, 1 + random.nextInt(40)));
      }
      for (int i = 0; i < 20; i++) {
        assertSame(ours, library, text(random, 2_000));
        assertSame(ours, library, "abc".repeat(random.nextInt(200)) + "a".repeat(i * 13));
      }
    }
  }

  @Test
  void aFullCacheForgetsAndGoesOn() {
    byte[] json = new ByteLevelJson().merges("1 2", "2 3", "12 3").bytes();
    try (ByteLevelBpe ours = ByteLevelBpe.open(json, "ours").orElseThrow();
        Tokenizer library = new HuggingFaceTokenizer(json, "the library")) {
      for (int start = 0; start < 150_000; start += 50_000) {
        StringBuilder text = new StringBuilder();
        for (int i = start; i < start + 50_000; i++) {
          text.append(i).append(' ');
        }
        assertSame(ours, library, text.toString());
      }
    }
  }

  @Test
  void textThatIsNoUnicodeOrNewIsTheLibrarysToRead() {
    byte[] json = new ByteLevelJson().composed().bytes();
    try (ByteLevelBpe ours = ByteLevelBpe.open(json, "ours").orElseThrow();
        Tokenizer library = new HuggingFaceTokenizer(json, "the library")) {
      assertSame(ours, library, "a\ud800");
      assertSame(ours, library, "\udc00\ud800b");
      assertSame(ours, library, "q\u0301\u1abf\u0323");
      assertThat(ours.decode(ours.encode("Grüße, 世界"))).isEqualTo("Grüße, 世界");
    }
  }

  @Test
  void whatIsNotKnownExactlyIsTheLibrarys() {
    assertLibrary(json -> json.root().putObject("normalizer").put("type", "NFKC"));
    assertLibrary(json -> json.root().putObject("pre_tokenizer").put("type", "Whitespace"));
    assertLibrary(json -> json.root().putObject("decoder").put("type", "Fuse"));
    assertLibrary(json -> json.model().put("byte_fallback", true));
    assertLibrary(json -> json.model().put("dropout", 0.1));
    assertLibrary(json -> json.model().put("end_of_word_suffix", "</w>"));
    assertLibrary(json -> ((ObjectNode) json.model().get("vocab")).remove("a"));
    for (String flag : new String[] {"single_word", "lstrip", "rstrip"}) {
      assertLibrary(json -> ((ObjectNode) json.root().get("added_tokens").get(0)).put(flag, true));
    }
    // The library would give it the next id.
    assertLibrary(
        json -> {
          json.token("<x>", false);
          ((ObjectNode) json.model().get("vocab")).remove("<x>");
          ((ObjectNode) json.root().get("added_tokens").get(1)).put("id", 999);
        });
  }

  private static void assertLibrary(Consumer<ByteLevelJson> change) {
    ByteLevelJson json = new ByteLevelJson();
    change.accept(json);
    assertThat(ByteLevelBpe.open(json.bytes(), "ours")).isEmpty();
  }

  private static void assertSame(Tokenizer ours, Tokenizer library, String text) {
    int[] expected = library.encode(text);
    int[] ids = ours.encode(text);
    if (!Arrays.equals(expected, ids)) {
      assertThat(ids).as(text).isEqualTo(expected);
    }
  }

  private static String text(Random random, int pieces) {
    String[] kinds = {
      "a",
      "b",
      "c",
      "ab",
      "abc",
      " ",
      "  ",
      "\n",
      "\t",
      "\u00a0",
      "\u3000",
      "1",
      "12",
      "\u0664",
      "'",
      "'s",
      "'re",
      "'ll",
      "'S",
      "!",
      "!!",
      "\u00e9",
      "e\u0301",
      "\u4e16",
      "\ud83d\ude00",
      "the",
      " the",
      "<x>",
      "<x>y",
      "\u0300",
      "\u0345",
      "\u1100\u1161",
      "\u212b",
      "\u0000",
      "\u2028",
      "_"
    };
    return Stream.generate(() -> kinds[random.nextInt(kinds.length)])
        .limit(pieces)
        .collect(Collectors.joining());
  }

  /** The texts of the shared data: whole files, and the documents of samples of the web. */
  private static List<String> documents() throws IOException {
    List<String> texts = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    for (String directory : new String[] {"corpus", "web"}) {
      try (Stream<Path> all = Files.walk(DATA.resolve(directory))) {
        all.filter(Files::isRegularFile).sorted().forEach(files::add);
      }
    }
    for (Path file : files) {
      if (!file.toString().endsWith(".json.gz")) {
        texts.add(Files.readString(file));
        continue;
      }
      try (InputStream in = new GZIPInputStream(Files.newInputStream(file));
          MappingIterator<JsonNode> lines =
              new ObjectMapper().readerFor(JsonNode.class).readValues(in)) {
        while (lines.hasNext()) {
          texts.add(lines.next().path("text").asText());
        }
      }
    }
    return texts;
  }
}
