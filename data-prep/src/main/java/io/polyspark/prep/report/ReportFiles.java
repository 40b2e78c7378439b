package io.polyspark.prep.report;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** {@code report.json} and {@code report.html} beside a corpus. */
public final class ReportFiles {
  /** Name of the report for programs. */
  public static final String JSON = "report.json";

  /** Name of the report for people. */
  public static final String HTML = "report.html";

  private ReportFiles() {}

  /**
   * Writes both files.
   *
   * @param directory exists and has neither
   */
  public static void write(RunReport report, FileSystem fs, Path directory) throws IOException {
    write(ReportJson.bytes(report), fs, new Path(directory, JSON));
    byte[] html = HtmlReport.render(report).getBytes(StandardCharsets.UTF_8);
    write(html, fs, new Path(directory, HTML));
  }

  /**
   * Reads {@code report.json}.
   *
   * @throws io.polyspark.model.config.UserError if it is missing, damaged, or of another version
   */
  public static RunReport read(FileSystem fs, Path directory) {
    return ReportJson.read(fs, new Path(directory, JSON));
  }

  private static void write(byte[] bytes, FileSystem fs, Path file) throws IOException {
    try (OutputStream out = fs.create(file, false)) {
      out.write(bytes);
    }
  }
}
