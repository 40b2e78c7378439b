package io.polyspark.model.tensor.nd4j;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays that operations need for themselves, made at their first call and reused ever after. An
 * array belongs to whoever asked for its role, until that operation returns.
 */
final class Scratch implements AutoCloseable {
  private record Slot(String role, long rows, long columns) {}

  private final DataType type;
  private final Map<Slot, INDArray> arrays = new HashMap<>();

  Scratch(DataType type) {
    this.type = type;
  }

  /** An array [rows, columns] with whatever it last held. */
  INDArray array(String role, long rows, long columns) {
    return arrays.computeIfAbsent(
        new Slot(role, rows, columns), slot -> Nd4j.create(type, slot.rows(), slot.columns()));
  }

  /** A column [length, 1] of ones. */
  INDArray ones(long length) {
    return arrays.computeIfAbsent(
        new Slot("ones", length, 1), slot -> Nd4j.ones(type, slot.rows(), 1));
  }

  /** A vector [length] of int64 with whatever it last held. */
  INDArray addresses(long length) {
    return arrays.computeIfAbsent(
        new Slot("addresses", length, 1), slot -> Nd4j.create(DataType.INT64, slot.rows()));
  }

  @Override
  public void close() {
    arrays.values().forEach(INDArray::close);
    arrays.clear();
  }
}
