package io.polyspark.model.tensor;

/** A flat vector off the heap of this process, without gaps. */
public interface NativeVector extends FlatVector {
  /** Where the first element is. */
  long address();

  /** The dtype of the elements. */
  Precision precision();
}
