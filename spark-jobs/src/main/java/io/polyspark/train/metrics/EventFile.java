package io.polyspark.train.metrics;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The bytes of TensorBoard's event files: records as TensorFlow frames them ({@code record_writer})
 * around messages of its {@code event.proto} and {@code summary.proto}, of which the few fields
 * that scalars need are encoded here.
 *
 * <pre>
 *   record  = length, 8 bytes; masked CRC32C of those 8; message; masked CRC32C of the message
 *   Event   = 1: wall_time (double), 2: step (int64), 3: file_version (string),
 *             5: summary (Summary), 7: session_log (SessionLog)
 *   Summary = 1: value (repeated Value)     Value = 1: tag (string), 2: simple_value (float)
 *   SessionLog = 1: status (START is 1)
 * </pre>
 */
final class EventFile {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private EventFile() {}

  /** The record that every file begins with. */
  static byte[] version(double wallTime) {
    Message event = new Message().fixed64(1, wallTime);
    return record(event.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
  }

  /** A record by which a TensorBoard that is looking on drops all steps from {@code step} on. */
  static byte[] restart(double wallTime, long step) {
    Message start = new Message().varint(1, 1);
    return record(new Message().fixed64(1, wallTime).varint(2, step).bytes(7, start.toByteArray()));
  }

  /**
   * A record of numbers.
   *
   * @param wallTime seconds since 1970
   * @param step where they stand on the axis
   * @param scalars by their tags
   */
  static byte[] scalars(double wallTime, long step, Map<String, Double> scalars) {
    Message summary = new Message();
    scalars.forEach(
        (tag, value) ->
            summary.bytes(
                1,
                new Message()
                    .bytes(1, tag.getBytes(StandardCharsets.UTF_8))
                    .fixed32(2, value.floatValue())
                    .toByteArray()));
    return record(
        new Message().fixed64(1, wallTime).varint(2, step).bytes(5, summary.toByteArray()));
  }

  private static byte[] record(Message message) {
    byte[] data = message.toByteArray();
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(masked(record.array(), 0, Long.BYTES));
    record.put(data);
    record.putInt(masked(data, 0, data.length));
    return record.array();
  }

  /** Masked, because a checksum of data that holds checksums is weak. */
  private static int masked(byte[] bytes, int from, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, from, length);
    return Integer.rotateRight((int) checksum.getValue(), 15) + 0xa282ead8;
  }

  /** A message as protocol buffers encode it: field after field. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      key(field, VARINT);
      varint(value);
      return this;
    }

    Message fixed64(int field, double value) {
      key(field, FIXED64);
      out.writeBytes(
          ByteBuffer.allocate(Double.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putDouble(value)
              .array());
      return this;
    }

    Message fixed32(int field, float value) {
      key(field, FIXED32);
      out.writeBytes(
          ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
      return this;
    }

    Message bytes(int field, byte[] value) {
      key(field, BYTES);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    private void key(int field, int type) {
      varint((long) field << 3 | type);
    }

    private void varint(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        out.write((int) ((left & 0x7f) | 0x80));
        left >>>= 7;
      }
      out.write((int) left);
    }

    byte[] toByteArray() {
      return out.toByteArray();
    }
  }
}
