package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.PolyReLU;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;
import java.util.List;

/** {@link PolyReLU} by activation.cu: one read of each input and one write of the output. */
final class CudaPolyReLU extends CudaActivation implements ResidentActivation {
  private final int mostBlocks;

  /**
   * @param mostBlocks of the gradient, which go on from chunk to chunk; each leaves a share of the
   *     coefficients' gradients
   */
  CudaPolyReLU(PolyReLU plain, Launcher launcher, int mostBlocks) {
    super(plain, launcher);
    this.mostBlocks = mostBlocks;
  }

  @Override
  public void forward(Tensor x, List<Tensor> coefficients, ActivationMemory memory, Tensor y) {
    CudaTensor from = cuda(x);
    CudaTensor to = cuda(y);
    launcher.launch(
        MODULE,
        kernel("poly_relu", from, to),
        chunks(from),
        from,
        coefficients.get(0),
        coefficients.get(1),
        to,
        from.length());
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
    Grid chunks = chunks(from);
    CudaTensor shares =
        launcher.scratch("activation.shares", Math.min(chunks.x(), mostBlocks), 4, ElementType.F32);
    launcher.launch(
        MODULE,
        kernel("poly_relu_gradient", from, given, to),
        Grid.of(shares.rows(), THREADS),
        from,
        coefficients.get(0),
        coefficients.get(1),
        given,
        to,
        shares,
        from.length());
    addShares(shares, dCoefficients);
  }
}
