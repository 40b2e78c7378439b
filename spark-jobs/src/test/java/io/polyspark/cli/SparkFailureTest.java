package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.device.CudaCodes;
import io.polyspark.model.device.CudaException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class SparkFailureTest {
  @Test
  void aCardThatIsLostWhateverSparkTriesIsASentence() {
    CudaException lost =
        new CudaException(
            "cuStreamSynchronize",
            CudaCodes.UNCORRECTABLE_ECC,
            "CUDA_ERROR_ECC_UNCORRECTABLE",
            "uncorrectable ECC error encountered");
    SparkFailure expected =
        new SparkFailure(
            "A GPU is lost (CUDA_ERROR_ECC_UNCORRECTABLE (214): uncorrectable ECC error"
                + " encountered): see what nvidia-smi and the system's log say of it; what trains"
                + " goes on with --resume.",
            false);
    assertThat(SparkFailure.of(lost)).contains(expected);
    assertThat(
            SparkFailure.of(
                new SparkException(
                    "Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most"
                        + " recent failure: Lost task 0.3 in stage 1.0 (TID 7): "
                        + lost
                        + "\n\tat somewhere")))
        .contains(expected);
  }

  @Test
  void whatElseCudaSaysIsAFaultOfOurs() {
    assertThat(
            SparkFailure.of(
                new CudaException(
                    "The launch of norm.rms_norm_f32",
                    CudaCodes.ILLEGAL_ADDRESS,
                    "CUDA_ERROR_ILLEGAL_ADDRESS",
                    "an illegal memory access was encountered")))
        .isEmpty();
  }
}
