package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.megatron.ExportMegatron;
import io.polyspark.prep.megatron.ImportMegatron;
import io.polyspark.prep.megatron.ImportOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareOnHdfsTest {
  @TempDir static java.nio.file.Path disk;
  private static MiniDFSCluster cluster;
  private static FileSystem hdfs;
  private static LocalSpark spark;

  @BeforeAll
  static void startClusters() throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, disk.toString());
    cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    hdfs = cluster.getFileSystem();
    spark = new LocalSpark(2, Map.of("spark.hadoop.fs.defaultFS", hdfs.getUri().toString()));
  }

  @AfterAll
  static void stopClusters() {
    spark.close();
    cluster.shutdown();
  }

  @Test
  void readsAndWritesHdfs() throws IOException {
    Path input = new Path("/in/lines.jsonl");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      lines.append("{\"text\": \"document ").append(i).append("\"}\n");
    }
    write(input, lines.toString());
    PreparedCorpus corpus =
        spark.prepare(
            PrepareOptions.fromFiles(List.of("/in/*.jsonl"), "/out/corpus")
                .withSplit(Split.HASH, 0.2)
                .withShardTokens(5000));

    assertThat(corpus.output()).isEqualTo(new Path(hdfs.getUri() + "/out/corpus"));
    assertThat(names("/out")).containsExactly("corpus");
    assertThat(names("/out/corpus"))
        .containsExactly("manifest.json", "tokenizer.json", "train", "validation");
    assertThat(names("/out/corpus/train")).containsExactly("00000.npy", "00001.npy", "00002.npy");
    for (Manifest.File file : corpus.manifest().splits().get(TokenShards.TRAIN).files()) {
      TokenShards.verify(hdfs, corpus.output(), file);
    }
    try (TokenShards shards = TokenShards.open(hdfs, corpus.output(), TokenShards.TRAIN, 16)) {
      assertThat(shards.manifest()).isEqualTo(corpus.manifest());
      int[] tokens = new int[16];
      int[] targets = new int[16];
      shards.window(0, tokens, targets, 0);
      assertThat(new String(tokens, 0, 9)).isEqualTo("document ");
      assertThat(Arrays.copyOfRange(targets, 0, 15)).isEqualTo(Arrays.copyOfRange(tokens, 1, 16));
    }

    assertThatThrownBy(() -> spark.prepare(PrepareOptions.fromFiles(List.of("/in"), "/out/corpus")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The output directory "
                + corpus.output()
                + " exists; remove it or name another with --output.");
  }

  @Test
  void exportsAndImports() throws IOException {
    write(new Path("/megatron/in/a.txt"), "One of the documents.\n\n".repeat(50) + "another\n\nx");
    PreparedCorpus corpus =
        spark.prepare(
            PrepareOptions.fromFiles(List.of("/megatron/in"), "/megatron/corpus")
                .withDocumentSeparator(DocumentSeparator.BLANK_LINE)
                .withSplit(Split.HASH, 0.5)
                .withShardTokens(300));
    new ExportMegatron("/megatron/corpus", "/megatron/out/x", spark.context().hadoopConfiguration())
        .run(tokens -> {});
    assertThat(names("/megatron/out"))
        .containsExactly("x_train.bin", "x_train.idx", "x_validation.bin", "x_validation.idx");
    ImportOptions options =
        new ImportOptions(
            List.of("/megatron/out/x_train", "/megatron/out/x_validation"),
            "byte",
            "/megatron/imported",
            0.5,
            300);
    assertThat(
            ImportMegatron.run(spark.context(), options, PrepareListener.NONE).manifest().splits())
        .isEqualTo(corpus.manifest().splits());
    assertThat(names("/megatron")).containsExactly("corpus", "imported", "in", "out");
  }

  @Test
  void leavesNothingOfAFailedRun() throws IOException {
    write(new Path("/bad/lines.jsonl"), "{\"text\": \"good\"}\n{}\n");
    assertThatThrownBy(
            () -> spark.prepare(PrepareOptions.fromFiles(List.of("/bad"), "/new/corpus")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(hdfs.getUri() + "/bad/lines.jsonl line 2 has no \"text\"");
    assertThat(hdfs.exists(new Path("/new"))).isFalse();
  }

  private static void write(Path file, String text) throws IOException {
    try (OutputStream out = hdfs.create(file)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static List<String> names(String directory) throws IOException {
    return Arrays.stream(hdfs.listStatus(new Path(directory)))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .toList();
  }
}
