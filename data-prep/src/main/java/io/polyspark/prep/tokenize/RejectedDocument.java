package io.polyspark.prep.tokenize;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.polyspark.prep.read.Rejection;

/** A damaged document that is left out, as {@code rejected/documents.jsonl} has it. */
@JsonPropertyOrder({"file", "position", "reason", "description"})
public final class RejectedDocument implements TokenizeOutput {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long position;
  private final String reason;
  private final String description;

  RejectedDocument(Rejection rejection) {
    this.file = rejection.place().file();
    this.position = rejection.place().position();
    this.reason = rejection.reason();
    this.description = rejection.description().get();
  }

  /** The URI of the file. */
  @JsonProperty
  public String file() {
    return file;
  }

  /** Where in the file, see {@link io.polyspark.prep.read.Place}. */
  @JsonProperty
  public long position() {
    return position;
  }

  /** The name under which the manifest counts it. */
  @JsonProperty
  public String reason() {
    return reason;
  }

  /** What is wrong and where, as a sentence without its full stop. */
  @JsonProperty
  public String description() {
    return description;
  }
}
