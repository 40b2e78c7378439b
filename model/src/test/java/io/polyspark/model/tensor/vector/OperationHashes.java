package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.operations.OperationsUnderTest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Computes every operation over and over and prints the SHA-256 of each result. */
final class OperationHashes {
  private OperationHashes() {}

  /**
   * Prints a line per result.
   *
   * @param args how often; rows and columns; sequences and positions of attention
   * @throws IllegalStateException if a repetition gives other bits than the first
   */
  public static void main(String[] args) throws NoSuchAlgorithmException {
    int[] numbers = Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    int repetitions = numbers[0];
    int[] sizes = Arrays.copyOfRange(numbers, 1, numbers.length);
    Map<String, String> first = hashes(sizes);
    for (int i = 1; i < repetitions; i++) {
      Map<String, String> hashes = hashes(sizes);
      if (!hashes.equals(first)) {
        hashes.entrySet().removeAll(first.entrySet());
        throw new IllegalStateException("Other bits in repetition " + i + " of " + hashes.keySet());
      }
    }
    first.forEach((name, hash) -> System.out.println(name + ": " + hash));
  }

  private static Map<String, String> hashes(int[] sizes) throws NoSuchAlgorithmException {
    Map<String, String> hashes = new TreeMap<>();
    try (Kernels kernels = new VectorKernels()) {
      add(OperationsUnderTest.run(kernels, sizes[0], sizes[1], 1), hashes);
      AttentionShape shape = new AttentionShape(sizes[2], sizes[3], 2, 1, 6);
      add(OperationsUnderTest.attention(kernels, shape, 1), hashes);
    }
    return hashes;
  }

  private static void add(Map<String, double[]> results, Map<String, String> hashes)
      throws NoSuchAlgorithmException {
    for (Map.Entry<String, double[]> result : results.entrySet()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer bytes = ByteBuffer.allocate(result.getValue().length * Double.BYTES);
      bytes.asDoubleBuffer().put(result.getValue());
      digest.update(bytes);
      hashes.put(result.getKey(), HexFormat.of().formatHex(digest.digest()));
    }
  }
}
