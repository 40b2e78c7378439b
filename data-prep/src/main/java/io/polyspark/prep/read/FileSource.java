package io.polyspark.prep.read;

import io.polyspark.prep.DocumentSeparator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * The documents of files. Large files are divided where a document's end can be found from their
 * middle: JSON lines and blank-line text, not compressed, and Parquet. Small ones share a
 * partition.
 */
public final class FileSource implements DocumentSource {
  private static final long serialVersionUID = 1L;

  private final ArrayList<ArrayList<InputRange>> partitions = new ArrayList<>();
  private final ReadOptions options;
  private final int files;
  private final long bytes;

  /**
   * Divides files among partitions.
   *
   * @param files in their order
   * @param partitionBytes about how many bytes of file a partition shall have, at least 1
   */
  public FileSource(List<InputFile> files, ReadOptions options, long partitionBytes) {
    this.options = options;
    this.files = files.size();
    this.bytes = files.stream().mapToLong(InputFile::length).sum();
    long filled = partitionBytes;
    for (InputRange range : ranges(files, options, partitionBytes)) {
      if (filled >= partitionBytes) {
        partitions.add(new ArrayList<>());
        filled = 0;
      }
      partitions.get(partitions.size() - 1).add(range);
      filled += Math.min(range.end(), range.file().length()) - range.start();
    }
  }

  @Override
  public int partitions() {
    return partitions.size();
  }

  @Override
  public DocumentReader open(int partition, Configuration configuration) {
    return new RangesReader(partitions.get(partition), options, configuration);
  }

  @Override
  public String describe() {
    return String.format("%d %s, %,d bytes", files, files == 1 ? "file" : "files", bytes);
  }

  private static List<InputRange> ranges(
      List<InputFile> files, ReadOptions options, long partitionBytes) {
    List<InputRange> ranges = new ArrayList<>();
    for (InputFile file : files) {
      // What should have something in it, and has nothing, is for its reader to say.
      if (!divisible(file, options) || file.length() == 0) {
        ranges.add(InputRange.whole(file));
        continue;
      }
      for (long start = 0; start < file.length(); ) {
        long end = start + Math.min(partitionBytes, file.length() - start);
        ranges.add(new InputRange(file, start, end));
        start = end;
      }
    }
    return ranges;
  }

  private static boolean divisible(InputFile file, ReadOptions options) {
    return switch (file.format(options)) {
      case PARQUET -> true;
      case JSON_LINES -> file.compression() == Compression.NONE;
      case TEXT ->
          file.compression() == Compression.NONE
              && options.documentSeparator() == DocumentSeparator.BLANK_LINE;
      case WARC, AUTO -> false;
    };
  }

  /** Reads ranges one after the other, each opened when its turn comes. */
  private static final class RangesReader implements DocumentReader {
    private final List<InputRange> ranges;
    private final ReadOptions options;
    private final Configuration configuration;
    private int next;
    private DocumentReader current;

    RangesReader(List<InputRange> ranges, ReadOptions options, Configuration configuration) {
      this.ranges = ranges;
      this.options = options;
      this.configuration = configuration;
    }

    @Override
    public ReadResult next() throws IOException {
      while (true) {
        if (current == null) {
          if (next == ranges.size()) {
            return null;
          }
          current = RangeReaders.open(ranges.get(next++), options, configuration);
        }
        ReadResult result = current.next();
        if (result != null) {
          return result;
        }
        close();
      }
    }

    @Override
    public void close() throws IOException {
      if (current != null) {
        current.close();
        current = null;
      }
    }
  }
}
