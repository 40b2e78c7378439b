package io.polyspark.model.tensor;

/**
 * Arithmetic element by element and sums over rows: the vocabulary in which activations are
 * written, so that a new one runs on every back end. An output may be one of the inputs; otherwise
 * tensors must not overlap. A tensor {@code perRow} is [rows, 1]; a tensor {@code perColumn} is [1,
 * columns].
 */
public interface Elementwise {
  /** {@code to = from}; nothing happens where both are the same tensor. */
  void copy(Tensor from, Tensor to);

  /** {@code out = value} everywhere. */
  void fill(Tensor out, double value);

  /** {@code out = a * b}. */
  void multiply(Tensor a, Tensor b, Tensor out);

  /** {@code into += factor * a}. */
  void addScaled(Tensor a, double factor, Tensor into);

  /** {@code out = factor * a + summand}. */
  void scaleAndShift(Tensor a, double factor, double summand, Tensor out);

  /** {@code out[i][j] = a[i][j] * perRow[i]}. */
  void scaleRows(Tensor a, Tensor perRow, Tensor out);

  /** {@code into[i][j] += perRow[i]}. */
  void shiftRows(Tensor perRow, Tensor into);

  /** {@code out[i][j] = a[i][j] * perColumn[j]}. */
  void scaleColumns(Tensor a, Tensor perColumn, Tensor out);

  /** {@code perRow[i] = sum over j of a[i][j]}. */
  void sumOverColumns(Tensor a, Tensor perRow);

  /** {@code perRow[i] = sum over j of a[i][j] * b[i][j]}. */
  void rowDots(Tensor a, Tensor b, Tensor perRow);

  /** {@code perColumn[j] (+)= sum over i of a[i][j]}. */
  void sumOverRows(Tensor a, Tensor perColumn, Into into);

  /** The sum over all elements of {@code a * b}. */
  double dot(Tensor a, Tensor b);

  /** The sum over all elements. */
  double sum(Tensor a);

  /** {@code out = 1 / sqrt(factor * a + eps)}. */
  void inverseSquareRoot(Tensor a, double factor, double eps, Tensor out);

  /** {@code out = max(a, 0)}. */
  void relu(Tensor a, Tensor out);

  /** {@code out = 1 where a > 0, else 0}. */
  void positive(Tensor a, Tensor out);

  /** {@code out = 1 / (1 + exp(-a))}. */
  void sigmoid(Tensor a, Tensor out);

  /** {@code out = exp(a)}. */
  void exp(Tensor a, Tensor out);

  /** {@code out = erf(a)}. */
  void erf(Tensor a, Tensor out);
}
