package io.polyspark.model.tensor.cuda;

/** A stretch of a card's memory. */
interface DeviceMemory extends Argument {
  /** Where it begins. */
  @Override
  long address();
}
