package io.polyspark.model.tensor.cuda;

import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;
import java.util.List;

/** What activations on a card have in common: all but the arithmetic is that of the plain one. */
abstract class CudaActivation implements MlpActivation {
  /** The file of all but PolyNorm. */
  static final String MODULE = "activation";

  static final int THREADS = 256;

  private static final int SHARES_THREADS = 1024;

  private final MlpActivation plain;
  final Launcher launcher;

  CudaActivation(MlpActivation plain, Launcher launcher) {
    this.plain = plain;
    this.launcher = launcher;
  }

  @Override
  public final String name() {
    return plain.name();
  }

  @Override
  public final List<Coefficients> coefficients() {
    return plain.coefficients();
  }

  @Override
  public final int keptPerRow() {
    return plain.keptPerRow();
  }

  @Override
  public final double atZero(double[] coefficients) {
    return plain.atZero(coefficients);
  }

  @Override
  public final Watched watched() {
    return plain.watched();
  }

  /** The name of a kernel for tensors of one type. */
  static String kernel(String function, CudaTensor tensor, CudaTensor... others) {
    for (CudaTensor other : others) {
      if (other.type() != tensor.type()) {
        throw new IllegalArgumentException(
            function + " of both " + tensor.type() + " and " + other.type());
      }
    }
    return function + "_" + tensor.type().suffix();
  }

  /** A block for every two accesses of 16 bytes of all its threads. */
  static Grid chunks(CudaTensor of) {
    int chunk = THREADS * 2 * 16 / of.type().bytes();
    return Grid.of((of.length() + chunk - 1) / chunk, THREADS);
  }

  /**
   * Adds blocks' shares of a cubic polynomial's gradients up, in the order of the blocks.
   *
   * @param shares [blocks, 4]: of a3, a2, a1, a0
   * @param dCoefficients weight (a3, a2, a1) and bias (a0), added to
   */
  final void addShares(CudaTensor shares, List<Tensor> dCoefficients) {
    launcher.launch(
        MODULE,
        "coefficient_gradients",
        Grid.of(1, SHARES_THREADS),
        shares,
        Math.toIntExact(shares.rows()),
        dCoefficients.get(0),
        dCoefficients.get(1));
  }
}
