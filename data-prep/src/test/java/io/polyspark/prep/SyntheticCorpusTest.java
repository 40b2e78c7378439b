package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.synthetic.SyntheticSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticCorpusTest {
  private static final long SEED = 11;
  private static final long BYTES = 3_000_000;

  @TempDir Path directory;

  @Test
  void isTheSameOnAnyClusterWithItsInformationInTheManifest() throws IOException {
    PreparedCorpus one = prepare("one", 1);
    PreparedCorpus many = prepare("many", 16);
    assertThat(many.manifest()).isEqualTo(one.manifest());
    assertThat(LocalSpark.sums(directory.resolve("many")))
        .isEqualTo(LocalSpark.sums(directory.resolve("one")));

    Manifest.Split train = one.manifest().splits().get(TokenShards.TRAIN);
    Manifest.Split validation = one.manifest().splits().get(TokenShards.VALIDATION);
    long bytes = train.textBytes() + validation.textBytes();
    assertThat(bytes).isCloseTo(BYTES, within(BYTES / 20));
    double bits = 0;
    for (long number = 0; number < one.manifest().documents().kept(); number++) {
      bits += SyntheticSource.document(SEED, number).bits();
    }
    assertThat(
            train.entropyBitsPerByte() * train.textBytes()
                + validation.entropyBitsPerByte() * validation.textBytes())
        .isCloseTo(bits, within(0.01));
    assertThat(train.entropyBitsPerByte()).isBetween(0.33, 0.37);

    Document first = SyntheticSource.document(SEED, 0);
    assertThat(
            new ByteTokenizer()
                .decode(LocalSpark.tokens(directory.resolve("one"), TokenShards.TRAIN)))
        .startsWith(first.text());
  }

  @Test
  void informationOfTailsIsNotClaimed() {
    try (LocalSpark spark = LocalSpark.start()) {
      PreparedCorpus corpus =
          spark.prepare(
              PrepareOptions.fromSynthetic(50_000, SEED, directory.resolve("tail").toString())
                  .withSplit(Split.TAIL, 0.1));
      assertThat(corpus.manifest().splits().values())
          .extracting(Manifest.Split::entropyBitsPerByte)
          .containsOnlyNulls();
      assertThat(corpus.manifest().configuration())
          .containsEntry("synthetic", 50_000L)
          .containsEntry("seed", SEED);
    }
  }

  private PreparedCorpus prepare(String output, int parallelism) {
    try (LocalSpark spark =
        new LocalSpark(2, Map.of("spark.default.parallelism", Integer.toString(parallelism)))) {
      return spark.prepare(
          PrepareOptions.fromSynthetic(BYTES, SEED, directory.resolve(output).toString())
              .withShardTokens(1_000_000));
    }
  }
}
