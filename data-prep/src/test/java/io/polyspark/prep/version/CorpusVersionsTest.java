package io.polyspark.prep.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ManifestFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Versions of a corpus, on local files and on HDFS. */
class CorpusVersionsTest {
  /** More than a run makes. */
  private static final int MOST_CHANGES = 40;

  @TempDir static java.nio.file.Path disk;
  private static MiniDFSCluster cluster;
  private static int corpora;

  private FileSystem fs;

  enum Where {
    LOCAL,
    HDFS
  }

  @BeforeAll
  static void startHdfs() throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, disk.resolve("hdfs").toString());
    // A client asks again so soon whether a file is complete, in place of 400.
    configuration.set("dfs.client.block.write.locateFollowingBlock.initial.delay.ms", "5");
    cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
  }

  @AfterAll
  static void stopHdfs() {
    cluster.shutdown();
  }

  @ParameterizedTest
  @EnumSource
  void everyVersionHasWhatCameBeforeAndNoReaderSeesTheNext(Where where) throws IOException {
    GrowingCorpus corpus = corpus(where);
    assertThat(corpus.versions().current()).isEmpty();
    assertThat(corpus.grow(11)).isEqualTo(1);
    Map<String, String> first = corpus.sums();
    Path settled = ManifestFiles.settle(fs, corpus.versions().directory());
    assertThat(corpus.grow(12)).isEqualTo(2);

    assertThat(corpus.ids()).containsExactly(11, 12);
    assertThat(corpus.ids(settled)).containsExactly(11);
    Map<String, String> second = corpus.sums();
    assertThat(second.get("manifest.json")).isEqualTo(second.get("manifest-000002.json"));
    assertThat(first.remove("manifest.json")).isEqualTo(second.get("manifest-000001.json"));
    assertThat(second).containsAllEntriesOf(first);
    assertThat(second.keySet())
        .containsExactly(
            "_lease",
            "_state",
            "_state/000001.json",
            "_state/000002.json",
            "_state/index",
            "_state/index/batch-000001",
            "_state/index/batch-000002",
            "manifest-000001.json",
            "manifest-000002.json",
            "manifest.json",
            "tokenizer.json",
            "train",
            "train/000001-00000.npy",
            "train/000002-00000.npy");
    CorpusVersion current = corpus.versions().current().orElseThrow();
    assertThat(current.manifest().documents())
        .isEqualTo(new Manifest.Documents(4, 2, Map.of("empty", 2L)));
    assertThat(current.state().before()).hasValue(1);
    assertThat(current.state().indexBatches()).containsExactly("batch-000001", "batch-000002");
    assertThat(current.state().inputs()).extracting(AcceptedInput::uri).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatEndsAnywhereLeavesTheOldVersionCurrentAndTheNextOneWorks(Where where)
      throws IOException {
    List<Boolean> first = where == Where.LOCAL ? List.of(true, false) : List.of(false);
    for (boolean isFirst : first) {
      boolean failed = true;
      int published = 0;
      for (int changes = 0; failed; changes++) {
        assertThat(changes).isLessThan(MOST_CHANGES);
        GrowingCorpus corpus = corpus(where);
        if (!isFirst) {
          corpus.grow(11);
        }
        Map<String, String> before = corpus.sums();
        FailingFileSystem failing = new FailingFileSystem(fs, changes);
        try (Lease lease = corpus.lease()) {
          corpus.grow(failing, 12, lease);
        } catch (IOException e) {
          assertThat(e).hasMessage("the process has ended");
        }
        failed = failing.hasFailed();
        if (failed) {
          assertThat(corpus.sums()).containsAllEntriesOf(before);
          assertThat(corpus.versions().current().isPresent()).isEqualTo(!isFirst);
          long next = corpus.grow(12);
          published += next > (isFirst ? 1 : 2) ? 1 : 0;
        }
        if (isFirst) {
          assertThat(corpus.ids()).containsExactly(12);
        } else {
          assertThat(corpus.ids()).containsExactly(11, 12);
        }
        assertThat(corpus.sums().keySet()).noneMatch(name -> name.contains("incomplete"));
      }
      // Once the state was written, the number is passed over.
      assertThat(published).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLostLeaseIsSeenBeforeAnythingIsPublished(Where where) throws IOException {
    GrowingCorpus corpus = corpus(where);
    corpus.grow(11);
    Map<String, String> before = corpus.sums();
    try (Lease lease = corpus.lease()) {
      fs.delete(new Path(corpus.versions().directory(), "_lease/000001"), false);
      assertThatThrownBy(() -> corpus.grow(fs, 12, lease))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("was lost");
      assertThatThrownBy(() -> corpus.versions().rollBack(OptionalLong.of(1), lease))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("was lost");
    }
    assertThat(corpus.sums()).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void rollingBackMakesAnOlderVersionCurrentAndGivesNoNumberTwice(Where where) throws IOException {
    GrowingCorpus corpus = corpus(where);
    corpus.grow(11);
    corpus.grow(12);
    CorpusVersions versions = corpus.versions();
    try (Lease lease = corpus.lease()) {
      assertThat(versions.rollBack(OptionalLong.empty(), lease).state().version()).isEqualTo(1);
      assertThatThrownBy(() -> versions.rollBack(OptionalLong.empty(), lease))
          .isInstanceOf(UserError.class)
          .hasMessageEndingWith(" has no version before the current one, 1; it has 1, 2.");
      assertThatThrownBy(() -> versions.rollBack(OptionalLong.of(7), lease))
          .isInstanceOf(UserError.class)
          .hasMessageEndingWith(" has no version 7; it has 1, 2.");
    }
    assertThat(corpus.ids()).containsExactly(11);
    assertThat(corpus.ids(ManifestFiles.ofVersion(versions.directory(), 2)))
        .containsExactly(11, 12);

    assertThat(corpus.grow(13)).isEqualTo(3);
    assertThat(corpus.ids()).containsExactly(11, 13);
    assertThat(versions.current().orElseThrow().state().indexBatches())
        .containsExactly("batch-000001", "batch-000003");
    assertThat(corpus.ids(ManifestFiles.ofVersion(versions.directory(), 2)))
        .containsExactly(11, 12);
    try (Lease lease = corpus.lease()) {
      versions.rollBack(OptionalLong.of(2), lease);
    }
    assertThat(corpus.ids()).containsExactly(11, 12);
  }

  @ParameterizedTest
  @EnumSource
  void pruningRemovesWhatNoKeptVersionHas(Where where) throws IOException {
    GrowingCorpus corpus = corpus(where);
    CorpusVersions versions = corpus.versions();
    corpus.grow(11);
    corpus.grow(12);
    try (Lease lease = corpus.lease()) {
      versions.rollBack(OptionalLong.of(1), lease);
    }
    corpus.grow(13);
    try (Lease lease = corpus.lease()) {
      assertThat(versions.prune(3, lease)).isEmpty();
      assertThat(versions.prune(2, lease)).containsExactly(1L);
      assertThat(corpus.sums().keySet())
          .contains("train/000001-00000.npy", "train/000002-00000.npy", "_state/000002.json")
          .doesNotContain("manifest-000001.json", "_state/000001.json");
      versions.rollBack(OptionalLong.of(2), lease);
      assertThat(versions.prune(1, lease)).containsExactly(3L);
    }
    assertThat(corpus.ids()).containsExactly(11, 12);
    assertThat(corpus.sums().keySet())
        .contains("_state/index/batch-000001", "_state/000003.json")
        .doesNotContain("train/000003-00000.npy", "_state/index/batch-000003");
    assertThat(corpus.grow(14)).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotOursToChangeIsNamed(Where where) throws IOException {
    GrowingCorpus corpus = corpus(where);
    corpus.grow(11);
    corpus.grow(12);
    CorpusVersions versions = corpus.versions();
    Path manifest = new Path(versions.directory(), Manifest.FILE);
    try (Lease lease = corpus.lease()) {
      byte[] other = "{ }".getBytes(StandardCharsets.UTF_8);
      assertThatThrownBy(() -> versions.writeTokenizer(other, lease))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("tokenizer.json is not the tokenizer of this run");
      fs.delete(manifest, false);
      assertThatThrownBy(versions::current)
          .isInstanceOf(UserError.class)
          .hasMessageEndingWith(
              " has lost its manifest.json; roll back to one of its versions, 1, 2, to make it"
                  + " current.");
      versions.rollBack(OptionalLong.of(2), lease);
    }
    assertThat(corpus.ids()).containsExactly(11, 12);
    Manifest versioned = Manifest.read(fs, versions.directory());
    Manifest plain =
        new Manifest(
            versioned.formatVersion(),
            versioned.tokenizer(),
            versioned.dtype(),
            versioned.splits(),
            versioned.documents(),
            versioned.configuration());
    fs.delete(manifest, false);
    plain.write(fs, versions.directory());
    assertThatThrownBy(versions::current)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("was not prepared as a corpus that grows");
  }

  private GrowingCorpus corpus(Where where) throws IOException {
    fs =
        where == Where.HDFS
            ? cluster.getFileSystem()
            : FileSystem.getLocal(new Configuration()).getRaw();
    String name = "corpus-" + corpora++;
    return new GrowingCorpus(
        fs, where == Where.HDFS ? new Path("/" + name) : new Path(disk.resolve(name).toUri()));
  }
}
