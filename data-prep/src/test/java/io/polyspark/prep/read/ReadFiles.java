package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** What files give. */
final class ReadFiles {
  private static final Configuration CONFIGURATION = new Configuration();

  private ReadFiles() {}

  /** All results of a file that is read whole. */
  static List<ReadResult> whole(Path file, ReadOptions options) throws IOException {
    return inRanges(file, options, Long.MAX_VALUE);
  }

  /** All results of ranges of about so many bytes, in their order. */
  static List<ReadResult> inRanges(Path file, ReadOptions options, long bytes) throws IOException {
    InputFile input = new InputFile(file.toUri().toString(), Files.size(file));
    FileSource source = new FileSource(List.of(input), options, bytes);
    List<ReadResult> results = new ArrayList<>();
    for (int partition = 0; partition < source.partitions(); partition++) {
      try (DocumentReader reader = source.open(partition, CONFIGURATION)) {
        for (ReadResult result = reader.next(); result != null; result = reader.next()) {
          assertThat(result.place().file()).isEqualTo(input.uri());
          results.add(result);
        }
      }
    }
    return results;
  }

  /** All documents of a file without damage that is read whole. */
  static List<String> documents(Path file, ReadOptions options) throws IOException {
    return whole(file, options).stream()
        .map(
            result -> {
              assertThat(result).isInstanceOf(Document.class);
              return ((Document) result).text();
            })
        .toList();
  }

  /** A line for each result: its position, and what the document says, or the rejection. */
  static List<String> lines(List<ReadResult> results) {
    return results.stream().map(ReadFiles::line).toList();
  }

  private static String line(ReadResult result) {
    long position = result.place().position();
    if (result instanceof Rejection rejection) {
      return position + " " + rejection.reason() + ": " + rejection.description().get();
    }
    Document document = (Document) result;
    assertThat(document.utf8()).isEqualTo(document.text().getBytes(StandardCharsets.UTF_8));
    return position + " " + document.text();
  }
}
