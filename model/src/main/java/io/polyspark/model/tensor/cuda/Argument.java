package io.polyspark.model.tensor.cuda;

/** What a kernel gets as a pointer. */
interface Argument {
  /** The card's address; memory that was only planned so far is taken. */
  long address();
}
