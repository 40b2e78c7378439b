package io.polyspark.model.checkpoint;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.PlainNames;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.WholeFile;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.BlockMissingException;

/**
 * The SHA-256 of every file in a checkpoint, as {@code sha256sum -c} reads them. Written last, they
 * are what makes a checkpoint whole.
 *
 * @param sums hexadecimal SHA-256 by file name
 */
record Sha256Sums(Map<String, String> sums) {
  /** The name of the file that holds the sums. */
  static final String FILE = "SHA256SUMS";

  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *]([^/\\\\]+)");
  private static final int BUFFER = 1 << 19;

  /** The file's text: one line per file, in order. */
  byte[] toBytes() {
    StringBuilder text = new StringBuilder();
    sums.forEach((name, sum) -> text.append(sum).append("  ").append(name).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads the sums of a checkpoint.
   *
   * @throws UserError if there are none, so that the checkpoint is not whole
   */
  static Sha256Sums read(FileSystem fs, Path checkpoint) throws IOException {
    String text;
    try {
      byte[] bytes = WholeFile.read(fs, new Path(checkpoint, FILE), ReadLimits.SUMS);
      text = new String(bytes, StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      throw damaged(checkpoint, FILE + ", which is written last, is missing", e);
    } catch (ChecksumException | BlockMissingException e) {
      throw damaged(checkpoint, FILE + " cannot be read", e);
    }
    Map<String, String> sums = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches() || !PlainNames.isPlain(matcher.group(2))) {
        throw damaged(checkpoint, FILE + " has a line that is no sum of a file in it", null);
      }
      if (sums.put(matcher.group(2), matcher.group(1)) != null) {
        throw damaged(checkpoint, FILE + " names " + matcher.group(2) + " twice", null);
      }
    }
    return new Sha256Sums(sums);
  }

  /**
   * Reads every file and compares its sum.
   *
   * @throws UserError naming the first file that is missing or does not match
   */
  void verify(FileSystem fs, Path checkpoint) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (Map.Entry<String, String> entry : sums.entrySet()) {
      String file = entry.getKey();
      try {
        if (!sha256(fs, new Path(checkpoint, file), buffer).equals(entry.getValue())) {
          throw damaged(checkpoint, file + " does not match its sum in " + FILE, null);
        }
      } catch (FileNotFoundException e) {
        throw damaged(checkpoint, file + " is missing", e);
      } catch (ChecksumException | BlockMissingException | EOFException e) {
        throw damaged(checkpoint, file + " cannot be read", e);
      }
    }
  }

  /** A fresh SHA-256. */
  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** What a user is told of a checkpoint that cannot be used. */
  static UserError damaged(Path checkpoint, String what, Throwable cause) {
    return new UserError(
        String.format(
            "The checkpoint %s is not whole: %s; use another one, or copy it from its source again.",
            checkpoint, what),
        cause);
  }

  private static String sha256(FileSystem fs, Path file, byte[] buffer) throws IOException {
    MessageDigest digest = digest();
    try (InputStream in = fs.open(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
