package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.config.UserError;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelsOfRunTest {
  private static final String HOPPER = "cuda, compute capability 9.0, products of bf16";

  @Test
  void cardsOfDifferentKindsAreRefused() {
    KernelsOfRun kernels = new KernelsOfRun();
    kernels.require(replica(HOPPER));
    kernels.require(replica(HOPPER));
    assertThatThrownBy(() -> kernels.require(replica(HOPPER.replace("9.0", "8.0"))))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("All replicas of a run compute by the same kernels, but those of ")
        .hasMessageContaining(" are '" + HOPPER + "' and those of ")
        .hasMessageContaining(" are 'cuda, compute capability 8.0, products of bf16':");
    assertThatThrownBy(() -> kernels.require(replica("vector, 8 lanes")))
        .isInstanceOf(UserError.class);
  }

  @Test
  void cpusWithOtherVectorsGoTogether() {
    KernelsOfRun kernels = new KernelsOfRun();
    kernels.require(replica("vector, 8 lanes"));
    assertThatCode(() -> kernels.require(replica("vector, 16 lanes"))).doesNotThrowAnyException();
  }

  private static StepLog replica(String kernels) {
    return new StepLog(
        List.of(),
        new ExpertTally(),
        List.of(),
        new Environment(1, kernels, "ZEN", "17"),
        List.of(),
        Optional.empty());
  }
}
