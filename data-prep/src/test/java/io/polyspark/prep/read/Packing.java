package io.polyspark.prep.read;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/** Bytes as programs that compress files leave them. */
final class Packing {
  private Packing() {}

  /**
   * One member of a file.
   *
   * @param suffix of the file's name
   */
  static byte[] pack(String suffix, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        switch (suffix) {
          case ".gz" -> new GZIPOutputStream(bytes);
          case ".bz2" -> new BZip2CompressorOutputStream(bytes, 1);
          case ".zst" -> new ZstdOutputStream(bytes);
          default -> throw new IllegalArgumentException(suffix);
        }) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
