package io.polyspark.prep.read;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.compress.GzipCodec;
import org.apache.hadoop.util.ReflectionUtils;

/**
 * How a file's bytes are packed, by the end of its name. What is packed in pieces is read whole.
 */
enum Compression {
  NONE("", "", Rejection.DAMAGED_FILE) {
    @Override
    InputStream unpack(InputStream in, Configuration configuration) {
      return in;
    }
  },

  GZIP(".gz", "gzip", Rejection.DAMAGED_GZIP) {
    /** Hadoop's, which gives all that comes before a break and reads on after the first member. */
    @Override
    InputStream unpack(InputStream in, Configuration configuration) throws IOException {
      return ReflectionUtils.newInstance(GzipCodec.class, configuration).createInputStream(in);
    }
  },

  BZIP2(".bz2", "bzip2", Rejection.DAMAGED_BZIP2) {
    @Override
    InputStream unpack(InputStream in, Configuration configuration) throws IOException {
      return new BZip2CompressorInputStream(in, true);
    }
  },

  ZSTANDARD(".zst", "zstd", Rejection.DAMAGED_ZSTD) {
    /** Spark's own library: Hadoop's needs a native Hadoop. */
    @Override
    InputStream unpack(InputStream in, Configuration configuration) throws IOException {
      return new ZstdInputStream(in);
    }
  };

  private final String suffix;
  private final String title;
  private final String damage;

  Compression(String suffix, String title, String damage) {
    this.suffix = suffix;
    this.title = title;
    this.damage = damage;
  }

  /** That of a file. */
  static Compression of(String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    for (Compression compression : values()) {
      if (compression != NONE && lowerCase.endsWith(compression.suffix)) {
        return compression;
      }
    }
    return NONE;
  }

  /** A name without the suffix. */
  String strip(String name) {
    return name.substring(0, name.length() - suffix.length());
  }

  /** The bytes as they were before; closes {@code in} when it is closed. */
  abstract InputStream unpack(InputStream in, Configuration configuration) throws IOException;

  /** What to call it. */
  String title() {
    return title;
  }

  /** The reason to reject a file that cannot be unpacked. */
  String damage() {
    return damage;
  }
}
