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
 */
public record ReadOptions(
    Format format, String textField, DocumentSeparator documentSeparator, long maxDocumentBytes)
    implements Serializable {
  /** The usual name of the text. */
  public static final String DEFAULT_TEXT_FIELD = "text";

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

  /** The format by each file's name, text in {@code text}, a text file as one document. */
  public static ReadOptions defaults() {
    return new ReadOptions(
        Format.AUTO, DEFAULT_TEXT_FIELD, DocumentSeparator.FILE, DocumentLimit.LARGEST);
  }

  /** The same with another format. */
  public ReadOptions withFormat(Format value) {
    return new ReadOptions(value, textField, documentSeparator, maxDocumentBytes);
  }

  /** The same with another text field. */
  public ReadOptions withTextField(String value) {
    return new ReadOptions(format, value, documentSeparator, maxDocumentBytes);
  }

  /** The same with another separator of documents. */
  public ReadOptions withDocumentSeparator(DocumentSeparator value) {
    return new ReadOptions(format, textField, value, maxDocumentBytes);
  }

  /** The same with another largest document. */
  public ReadOptions withMaxDocumentBytes(long value) {
    return new ReadOptions(format, textField, documentSeparator, value);
  }
}
