package io.polyspark.model.shards;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.WholeFile;
import io.polyspark.model.tokenize.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a directory of token shards holds: {@code DATA/manifest.json}, or one of its versions, see
 * {@link ManifestFiles}. Its own SHA-256 identifies the data, since it carries the sums of all
 * files.
 *
 * @param formatVersion version of this format, 1
 * @param version of a corpus that grows, from 1 on; null, and not written, where it does not
 * @param tokenizer the tokenizer that made the ids; its {@code tokenizer.json} lies beside
 * @param dtype NumPy's name of the ids' type, {@code <u2} or {@code <u4}
 * @param splits by name, {@code train} and {@code validation}
 * @param documents what became of the documents that were read
 * @param configuration the options that made the data
 */
public record Manifest(
    int formatVersion,
    @JsonInclude(JsonInclude.Include.NON_NULL) Long version,
    TokenizerIdentity tokenizer,
    String dtype,
    Map<String, Split> splits,
    Documents documents,
    Map<String, Object> configuration) {
  /** Name of the manifest in its directory. */
  public static final String FILE = "manifest.json";

  /** Name of the tokenizer's description in the same directory. */
  public static final String TOKENIZER_FILE = "tokenizer.json";

  /** The format that this code writes and reads. */
  public static final int FORMAT_VERSION = 1;

  private static final ObjectMapper JSON =
      StrictJson.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .build();

  /**
   * The tokenizer that made the ids.
   *
   * @param sha256 SHA-256 of the {@code tokenizer.json}
   * @param vocabSize number of ids, V
   * @param endOfText the id after every document
   */
  public record TokenizerIdentity(
      @JsonProperty("sha256") String sha256, int vocabSize, int endOfText) {}

  /**
   * One split.
   *
   * @param documents documents (or parts of documents, where the tail was split off) in it
   * @param tokens ids in all files, the ends of text included
   * @param textBytes bytes of UTF-8 of the text, without ends of text
   * @param entropyBitsPerByte information of this very text under the process that generated it,
   *     the ends of documents included, divided by {@code textBytes}; null where the source is
   *     unknown
   * @param files in order
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Split(
      long documents, long tokens, long textBytes, Double entropyBitsPerByte, List<File> files) {}

  /**
   * One {@code .npy} file.
   *
   * @param name relative to the directory, {@code train/00000.npy}
   * @param tokens ids in it
   * @param sha256 of the whole file
   */
  @JsonPropertyOrder({"name", "tokens", "sha256"})
  public record File(String name, long tokens, @JsonProperty("sha256") String sha256)
      implements Serializable {}

  /**
   * Documents in and out.
   *
   * @param read documents met in the input
   * @param kept documents whose tokens are here
   * @param dropped documents left out, by reason
   */
  public record Documents(long read, long kept, Map<String, Long> dropped) {}

  /** A manifest of a corpus without versions. */
  public Manifest(
      int formatVersion,
      TokenizerIdentity tokenizer,
      String dtype,
      Map<String, Split> splits,
      Documents documents,
      Map<String, Object> configuration) {
    this(formatVersion, null, tokenizer, dtype, splits, documents, configuration);
  }

  /**
   * Reads {@code DATA/manifest.json}, or the manifest of a version.
   *
   * @param data the directory of the corpus, or a manifest in it
   * @throws UserError if it is missing, damaged, or of another format
   */
  public static Manifest read(FileSystem fs, Path data) {
    Path file = ManifestFiles.file(data);
    try {
      byte[] bytes = WholeFile.read(fs, file, ReadLimits.MANIFEST);
      Manifest manifest = JSON.readValue(WholeFile.utf8(bytes, file), Manifest.class);
      if (manifest == null) {
        throw UserError.of("%s is damaged (it holds nothing); prepare the data again.", file);
      }
      if (manifest.formatVersion() != FORMAT_VERSION) {
        throw UserError.of(
            "%s has format version %d, this program reads version %d; prepare the data again.",
            file, manifest.formatVersion(), FORMAT_VERSION);
      }
      new ManifestCheck(file).check(manifest);
      return manifest;
    } catch (FileNotFoundException e) {
      throw new UserError(
          String.format(
              "%s is no prepared corpus: it has no %s; make one with the verb prep.",
              ManifestFiles.directory(data), file.getName()),
          e);
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format("%s is damaged (%s); prepare the data again.", file, StrictJson.reason(e)),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * Reads {@code DATA/tokenizer.json}.
   *
   * @param data the directory of the corpus, or a manifest in it
   * @throws UserError naming both files if it is not the tokenizer that made the ids
   */
  public byte[] requireTokenizer(FileSystem fs, Path data) {
    Path file = new Path(ManifestFiles.directory(data), TOKENIZER_FILE);
    byte[] json;
    try {
      json = WholeFile.read(fs, file, ReadLimits.TOKENIZER);
    } catch (FileNotFoundException e) {
      throw new UserError(file + " is missing; copy the data again, or prepare it again.", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    String sum = Sha256.hex(json);
    if (!sum.equals(tokenizer.sha256())) {
      throw UserError.of(
          "%s has SHA-256 %s, but the tokens were made with a tokenizer of SHA-256 %s, as %s says:"
              + " put that tokenizer back, or prepare the data again.",
          file, sum, tokenizer.sha256(), ManifestFiles.file(data));
    }
    return json;
  }

  /** Writes {@code DATA/manifest.json}. */
  public void write(FileSystem fs, Path data) {
    Path file = new Path(data, FILE);
    try (OutputStream out = fs.create(file, false)) {
      out.write(bytes());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /** SHA-256 of the manifest as {@link #write} writes it: the identity of the whole data. */
  public String sha256() {
    return Sha256.hex(bytes());
  }

  /** The same as a version of a corpus that grows. */
  public Manifest withVersion(long number) {
    return new Manifest(formatVersion, number, tokenizer, dtype, splits, documents, configuration);
  }

  /** Tokens of all splits. */
  @JsonIgnore
  public long tokens() {
    return splits.values().stream().mapToLong(Split::tokens).sum();
  }

  /** The file that describes it, owned by the caller. */
  public byte[] bytes() {
    try {
      return (JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of strings and numbers is always JSON", e);
    }
  }
}
