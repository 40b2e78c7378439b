package io.polyspark.prep.read;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.DocumentSeparator;
import java.io.Serializable;

/**
 * How files are read. {@link #defaults} gives what most files need; the {@code with} methods change
 * one thing each.
 *
 * @param format of all files
 * @param textField the key of JSON lines, or the column of Parquet, that has the text
 * @param documentSeparator where documents end in text files
 * @param maxDocumentBytes the largest document to keep, in bytes of text (of the line, in JSON
 *     lines; of the page, in WARC); a task with little memory keeps to less
 * @param taskBytes the heap that a task has for itself, in bytes
 */
public record ReadOptions(
    Format format,
    String textField,
    DocumentSeparator documentSeparator,
    long maxDocumentBytes,
    long taskBytes)
    implements Serializable {
  /** The usual name of the text. */
  public static final String DEFAULT_TEXT_FIELD = "text";

  /** No document has more bytes of text. */
  public static final long LARGEST_DOCUMENT = DocumentLimit.LARGEST;

  /** Checks each. */
  public ReadOptions {
    if (textField.isEmpty()) {
      throw new UserError("The name of the text field is empty; name a key or a column.");
    }
    if (maxDocumentBytes < 1) {
      throw UserError.of(
          "The largest document is %d bytes; it must have at least 1.", maxDocumentBytes);
    }
  }

  /**
   * The format by each file's name, text in {@code text}, a text file as one document; a task with
   * this JVM's heap for itself.
   */
  public static ReadOptions defaults() {
    return new ReadOptions(
        Format.AUTO,
        DEFAULT_TEXT_FIELD,
        DocumentSeparator.FILE,
        LARGEST_DOCUMENT,
        TaskMemory.rounded(Runtime.getRuntime().maxMemory()));
  }

  /** The same with another format. */
  public ReadOptions withFormat(Format value) {
    return new ReadOptions(value, textField, documentSeparator, maxDocumentBytes, taskBytes);
  }

  /** The same with another text field. */
  public ReadOptions withTextField(String value) {
    return new ReadOptions(format, value, documentSeparator, maxDocumentBytes, taskBytes);
  }

  /** The same with another separator of documents. */
  public ReadOptions withDocumentSeparator(DocumentSeparator value) {
    return new ReadOptions(format, textField, value, maxDocumentBytes, taskBytes);
  }

  /** The same with another largest document. */
  public ReadOptions withMaxDocumentBytes(long value) {
    return new ReadOptions(format, textField, documentSeparator, value, taskBytes);
  }

  /** The same with other memory, as {@link TaskMemory} counts it. */
  public ReadOptions withTaskBytes(long value) {
    return new ReadOptions(format, textField, documentSeparator, maxDocumentBytes, value);
  }
}
