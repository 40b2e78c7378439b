package io.polyspark.model.tensor.cuda;

import io.polyspark.model.device.DeviceChoice;
import io.polyspark.model.tensor.CardKernels;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsSource;

/** {@link CudaKernels} for whoever does not know their classes. */
public final class CudaCardKernels implements CardKernels {
  @Override
  public KernelsSource source(Dtype dtype) {
    return new CudaSession(DeviceChoice.ordinal(), dtype);
  }

  @Override
  public Kernels sizes(Dtype dtype) {
    return new CudaKernels(new CudaSession(0, dtype));
  }

  @Override
  public String description(String capability, Dtype dtype) {
    return CudaKernels.description(capability, dtype);
  }
}
