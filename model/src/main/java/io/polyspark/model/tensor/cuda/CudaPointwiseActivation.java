package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.tensor.Tensor;
import java.util.List;

/**
 * An activation of single elements without trained numbers, by the kernels of activation.cu that
 * have its name: one read of each input and one write of the output.
 */
final class CudaPointwiseActivation extends CudaActivation implements ResidentActivation {
  CudaPointwiseActivation(MlpActivation plain, Launcher launcher) {
    super(plain, launcher);
  }

  @Override
  public void forward(Tensor x, List<Tensor> coefficients, ActivationMemory memory, Tensor y) {
    CudaTensor from = cuda(x);
    CudaTensor to = cuda(y);
    launcher.launch(MODULE, kernel(name(), from, to), chunks(from), from, to, from.length());
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
    launcher.launch(
        MODULE,
        kernel(name() + "_gradient", from, given, to),
        chunks(from),
        from,
        given,
        to,
        from.length());
  }
}
