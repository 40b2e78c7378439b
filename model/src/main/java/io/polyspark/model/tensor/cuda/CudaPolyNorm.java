package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.PolyNorm;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;
import java.util.List;

/** {@link PolyNorm} by poly_norm.cu: one read of each input and one write of the output. */
final class CudaPolyNorm extends CudaActivation implements ResidentActivation {
  private static final String MODULE = "poly_norm";
  private static final int WIDE_THREADS = 512;
  private static final KeptRows F32 = new KeptRows(4, 576);
  private static final KeptRows BF16 = new KeptRows(8, 448);

  private final int mostBlocks;

  /**
   * @param mostBlocks of the gradient, which go on from row to row; each leaves a share of the
   *     coefficients' gradients
   */
  CudaPolyNorm(PolyNorm plain, Launcher launcher, int mostBlocks) {
    super(plain, launcher);
    this.mostBlocks = mostBlocks;
  }

  private static KeptRows rows(CudaTensor x) {
    return x.type() == ElementType.BF16 ? BF16 : F32;
  }

  @Override
  public void forward(Tensor x, List<Tensor> coefficients, ActivationMemory memory, Tensor y) {
    CudaTensor from = cuda(x);
    CudaTensor to = cuda(y);
    boolean kept = rows(from).hold(from, to);
    launcher.launch(
        MODULE,
        kernel(kept ? "poly_norm" : "poly_norm_wide", from, to),
        Grid.of(from.rows(), threads(kept, from)),
        from,
        coefficients.get(0),
        coefficients.get(1),
        memory.perRow().get(0),
        memory.perRow().get(1),
        memory.perRow().get(2),
        to,
        Math.toIntExact(from.columns()));
  }

  private static int threads(boolean kept, CudaTensor x) {
    return kept ? rows(x).threads(x.columns()) : WIDE_THREADS;
  }

  @Override
  public void backward(
      Tensor x,
      List<Tensor> coefficients,
      ActivationMemory memory,
      Tensor dY,
      Tensor dX,
      List<Tensor> dCoefficients) {
    CudaTensor from = cuda(x);
    CudaTensor given = cuda(dY);
    CudaTensor to = cuda(dX);
    boolean kept = rows(from).hold(from, given, to);
    CudaTensor shares =
        launcher.scratch(
            "activation.shares", Math.min(from.rows(), mostBlocks), 4, ElementType.F32);
    launcher.launch(
        MODULE,
        kernel(kept ? "poly_norm_gradient" : "poly_norm_gradient_wide", from, given, to),
        Grid.of(shares.rows(), threads(kept, from)),
        from,
        coefficients.get(0),
        coefficients.get(1),
        memory.perRow().get(0),
        memory.perRow().get(1),
        memory.perRow().get(2),
        given,
        to,
        shares,
        from.rows(),
        Math.toIntExact(from.columns()));
    addShares(shares, dCoefficients);
  }
}
