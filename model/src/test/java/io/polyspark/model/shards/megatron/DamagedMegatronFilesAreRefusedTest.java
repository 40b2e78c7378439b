package io.polyspark.model.shards.megatron;

import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import io.polyspark.model.shards.TokenType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index and its ids, damaged in thousands of ways and read document by document. */
class DamagedMegatronFilesAreRefusedTest {
  private static final int VOCABULARY = 257;

  @TempDir Path directory;
  private FileSystem local;
  private org.apache.hadoop.fs.Path prefix;

  @BeforeEach
  void writeFiles() throws IOException {
    local = FileSystem.getLocal(new Configuration()).getRaw();
    prefix = new org.apache.hadoop.fs.Path(directory.resolve("x").toUri());
    try (MegatronWriter writer = new MegatronWriter(local, prefix, TokenType.UINT16)) {
      for (int document = 0; document < 50; document++) {
        writer.write(IntStream.range(0, document).toArray(), 0, document);
        writer.endDocument();
      }
      writer.finish();
      writer.commit();
    }
  }

  @Test
  void indices() throws IOException {
    Mutations mutations = new Mutations(9);
    new DamagedFile(directory.resolve("x.idx"), "x.idx", this::readAll).read(1000, mutations::of);
  }

  /** What was checked once may be another file when a task reads it. */
  @Test
  void indicesThatNobodyChecked() throws IOException {
    Mutations mutations = new Mutations(10);
    new DamagedFile(directory.resolve("x.idx"), "x.", this::readUnchecked)
        .read(1000, mutations::of);
  }

  @Test
  void ids() throws IOException {
    Mutations mutations = new Mutations(11);
    new DamagedFile(directory.resolve("x.bin"), "x.bin", this::readAll).read(500, mutations::of);
  }

  private void readAll() throws IOException {
    try (MegatronFile file = MegatronFile.open(local, prefix)) {
      for (DocumentRange range : file.ranges(500)) {
        read(file, range);
      }
    }
  }

  private void readUnchecked() throws IOException {
    try (MegatronFile file = MegatronFile.open(local, prefix)) {
      read(file, new DocumentRange(0, Math.min(10, file.documents())));
      read(file, new DocumentRange(Math.min(40, file.documents()), file.documents()));
    }
  }

  private static void read(MegatronFile file, DocumentRange range) throws IOException {
    try (MegatronDocuments documents = file.documents(range, VOCABULARY)) {
      int[] ids;
      do {
        ids = documents.next();
      } while (ids != null);
    }
  }
}
