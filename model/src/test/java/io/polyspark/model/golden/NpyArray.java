package io.polyspark.model.golden;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A NumPy array read from a {@code .npy} file, as far as reference cases need it: row-major,
 * little-endian float64, int64 or int32.
 */
final class NpyArray {
  private static final int PREFIX_LENGTH = 10;
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '<([fi][48])', 'fortran_order': False, 'shape': \\(([0-9, ]*)\\), \\}\\s*");

  private final int[] shape;
  private final double[] values;

  private NpyArray(int[] shape, double[] values) {
    this.shape = shape;
    this.values = values;
  }

  static NpyArray read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = bytes.getShort(PREFIX_LENGTH - 2);
    String header =
        new String(bytes.array(), PREFIX_LENGTH, headerLength, StandardCharsets.US_ASCII);
    Matcher matcher = HEADER.matcher(header);
    if (!matcher.matches()) {
      throw new IOException(file + " is not an array of a kind that is read here: " + header);
    }
    int[] shape =
        Stream.of(matcher.group(2).split(",", -1))
            .map(String::strip)
            .filter(size -> !size.isEmpty())
            .mapToInt(Integer::parseInt)
            .toArray();
    double[] values = new double[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    bytes.position(PREFIX_LENGTH + headerLength);
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (matcher.group(1)) {
            case "f8" -> bytes.getDouble();
            case "i8" -> bytes.getLong();
            case "i4" -> bytes.getInt();
            default -> throw new IOException(file + " has elements of type " + matcher.group(1));
          };
    }
    return new NpyArray(shape, values);
  }

  /** All elements, row-major; not to be changed. */
  double[] values() {
    return values;
  }

  int rows() {
    return shape[0];
  }

  int columns() {
    return shape[1];
  }

  /** The elements of an array of integers. */
  int[] ids() {
    return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
  }
}
