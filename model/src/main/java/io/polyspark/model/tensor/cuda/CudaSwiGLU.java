package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.SwiGLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;

/** {@link SwiGLU} by activation.cu: one read of each input and one write of each output. */
final class CudaSwiGLU extends CudaActivation implements GateActivation {
  CudaSwiGLU(SwiGLU plain, Launcher launcher) {
    super(plain, launcher);
  }

  @Override
  public void forward(Elementwise math, Tensor gate, Tensor up, ActivationMemory memory, Tensor y) {
    CudaTensor to = cuda(y);
    launcher.launch(
        MODULE, kernel("swiglu", to, cuda(gate), cuda(up)), chunks(to), gate, up, to, to.length());
  }

  @Override
  public void backward(
      Elementwise math,
      Tensor gate,
      Tensor up,
      ActivationMemory memory,
      Tensor dY,
      Tensor dGate,
      Tensor dUp) {
    CudaTensor given = cuda(dY);
    launcher.launch(
        MODULE,
        kernel("swiglu_gradient", given, cuda(gate), cuda(up), cuda(dGate), cuda(dUp)),
        chunks(given),
        gate,
        up,
        given,
        dGate,
        dUp,
        given.length());
  }
}
