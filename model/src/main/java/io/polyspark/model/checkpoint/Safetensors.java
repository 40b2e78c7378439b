package io.polyspark.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the safetensors format (github.com/huggingface/safetensors): eight bytes with the length
 * of a header, little endian; the header, one JSON object that maps each name to its type, shape
 * and the range of bytes its values take up after the header; then the values, row-major and little
 * endian, without gaps. {@link SafetensorsFile} reads it.
 */
public final class Safetensors {
  /** Header entry that holds text about the file, not a tensor. */
  static final String METADATA_KEY = "__metadata__";

  /** The header is padded with spaces to a multiple of this, so that the values are aligned. */
  private static final int ALIGNMENT = 8;

  /** Elements that are copied at a time: 4 MiB. */
  static final int PIECE = 1 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private Safetensors() {}

  /**
   * Writes the tensors as float32, in the order given. Holds a few MiB whatever their size.
   *
   * @param tensors names must differ
   * @param out left open, not flushed
   * @throws IllegalArgumentException if two tensors have one name
   */
  public static void write(List<TensorEntry> tensors, OutputStream out) throws IOException {
    out.write(header(tensors));
    int piece =
        (int) Math.min(PIECE, tensors.stream().mapToLong(TensorEntry::length).max().orElse(0));
    float[] values = new float[piece];
    byte[] bytes = new byte[piece * Float.BYTES];
    for (TensorEntry tensor : tensors) {
      copy(tensor, values, bytes, out);
    }
  }

  private static byte[] header(List<TensorEntry> tensors) {
    Map<String, Object> entries = new LinkedHashMap<>();
    entries.put(METADATA_KEY, Map.of("format", "pt"));
    long begin = 0;
    for (TensorEntry tensor : tensors) {
      long end = Math.addExact(begin, Math.multiplyExact(tensor.length(), (long) Float.BYTES));
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", TensorType.F32.name());
      entry.put("shape", tensor.shape());
      entry.put("data_offsets", List.of(begin, end));
      if (entries.put(tensor.name(), entry) != null) {
        throw new IllegalArgumentException("Two tensors are named " + tensor.name());
      }
      begin = end;
    }
    byte[] json = json(entries);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = new byte[Long.BYTES + padded];
    Arrays.fill(header, (byte) ' ');
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
    return header;
  }

  private static byte[] json(Map<String, Object> entries) {
    try {
      return JSON.writeValueAsString(entries).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Names, shapes and offsets are plain JSON values", e);
    }
  }

  private static void copy(TensorEntry tensor, float[] values, byte[] bytes, OutputStream out)
      throws IOException {
    FlatVector from = tensor.values();
    FloatBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    long end = tensor.offset() + tensor.length();
    for (long at = tensor.offset(); at < end; ) {
      int count = (int) Math.min(values.length, end - at);
      from.read(at, values, 0, count);
      floats.put(0, values, 0, count);
      out.write(bytes, 0, count * Float.BYTES);
      at += count;
    }
  }
}
