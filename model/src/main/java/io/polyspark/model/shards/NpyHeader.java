package io.polyspark.model.shards;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The header of a one-dimensional array in NumPy's format, version 1.0 (NumPy Enhancement Proposal
 * 1): a magic string, the length of a Python dictionary, and the dictionary, padded with spaces so
 * that the data starts at a multiple of 64 bytes.
 *
 * @param dtype NumPy's name of the type
 * @param length number of elements
 */
record NpyHeader(String dtype, long length) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int PREFIX = MAGIC.length + Short.BYTES;
  private static final int ALIGNMENT = 64;

  /** The bytes before the data. */
  byte[] toBytes() {
    String dictionary =
        String.format(
            Locale.ROOT,
            "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }",
            dtype,
            length);
    int unpadded = PREFIX + dictionary.length() + 1;
    int size = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) ' ');
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
    int dictionarySize = size - PREFIX;
    bytes[MAGIC.length] = (byte) dictionarySize;
    bytes[MAGIC.length + 1] = (byte) (dictionarySize >>> Byte.SIZE);
    byte[] ascii = dictionary.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, bytes, PREFIX, ascii.length);
    bytes[size - 1] = '\n';
    return bytes;
  }
}
