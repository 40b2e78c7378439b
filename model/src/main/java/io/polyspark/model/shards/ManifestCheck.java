package io.polyspark.model.shards;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.PlainNames;
import io.polyspark.model.read.ReadLimits;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;

/**
 * What a manifest must hold for the data to be read by it: every key, counts that agree, and names
 * of files within its own directory.
 *
 * @param source the manifest's path, for messages
 */
record ManifestCheck(Path source) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * @throws UserError naming the first thing that is wrong
   */
  void check(Manifest manifest) {
    version(manifest.version());
    tokenizer(present(manifest.tokenizer(), "tokenizer"));
    TokenType.ofDtype(present(manifest.dtype(), "dtype"), source);
    present(manifest.documents(), "documents");
    present(manifest.configuration(), "configuration");
    for (Map.Entry<String, Manifest.Split> split :
        present(manifest.splits(), "splits").entrySet()) {
      split(split.getKey(), present(split.getValue(), split.getKey()));
    }
  }

  private void version(Long version) {
    require(version == null || version >= 1, "version is %s, but must be 1 or more", version);
    OptionalLong name = ManifestFiles.version(source);
    require(
        name.isEmpty() || (version != null && version == name.getAsLong()),
        "its name says another version than %s",
        version);
  }

  private void tokenizer(Manifest.TokenizerIdentity tokenizer) {
    sum(tokenizer.sha256(), Manifest.TOKENIZER_FILE);
    require(
        tokenizer.vocabSize() >= 1 && tokenizer.vocabSize() <= ReadLimits.VOCABULARY,
        "vocab_size is %d, but must be from 1 to %d",
        tokenizer.vocabSize(),
        ReadLimits.VOCABULARY);
    require(
        tokenizer.endOfText() >= 0 && tokenizer.endOfText() < tokenizer.vocabSize(),
        "end_of_text is %d, no id of a vocabulary of %d",
        tokenizer.endOfText(),
        tokenizer.vocabSize());
  }

  private void split(String name, Manifest.Split split) {
    require(split.documents() >= 0 && split.textBytes() >= 0, "%s has a count below 0", name);
    Double entropy = split.entropyBitsPerByte();
    require(
        entropy == null || (entropy >= 0 && Double.isFinite(entropy)),
        "%s has entropy_bits_per_byte %s",
        name,
        entropy);
    long tokens = 0;
    List<Manifest.File> files = present(split.files(), name + ".files");
    for (Manifest.File file : files) {
      file(present(file, name + ".files"), name);
      tokens += file.tokens();
      require(tokens <= ReadLimits.TOKENS, "the files of %s have too many tokens", name);
    }
    require(
        tokens == split.tokens(),
        "%s has %d tokens where its files have %d",
        name,
        split.tokens(),
        tokens);
  }

  private void file(Manifest.File file, String split) {
    String name = present(file.name(), split + ".files.name");
    require(PlainNames.isPlain(name), "'%s' is no plain name of a file below it", name);
    require(
        file.tokens() >= 0 && file.tokens() <= ReadLimits.TOKENS,
        "%s has %d tokens",
        name,
        file.tokens());
    sum(file.sha256(), name);
  }

  private void sum(String sha256, String of) {
    require(
        sha256 != null && SHA256.matcher(sha256).matches(), "the sha256 of %s is '%s'", of, sha256);
  }

  private <T> T present(T value, String key) {
    require(value != null, "it lacks %s", key);
    return value;
  }

  private void require(boolean holds, String what, Object... arguments) {
    if (!holds) {
      throw UserError.of(
          "%s is damaged (%s); prepare the data again.", source, String.format(what, arguments));
    }
  }
}
