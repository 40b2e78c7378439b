package io.polyspark.model.tensor.cuda;

/** What the elements of a tensor on a card are. */
enum ElementType {
  /** IEEE 754's binary32. */
  F32(0, 4, "f32"),
  /** The upper half of a binary32. */
  BF16(1, 2, "bf16");

  private final int code;
  private final int bytes;
  private final String suffix;

  ElementType(int code, int bytes, String suffix) {
    this.code = code;
    this.bytes = bytes;
    this.suffix = suffix;
  }

  /** The size of one element. */
  int bytes() {
    return bytes;
  }

  /** What tells kernels that take any type of this one. */
  int code() {
    return code;
  }

  /** How the names of kernels for it end. */
  String suffix() {
    return suffix;
  }
}
