package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkSettingsTest {
  private static final long MEBIBYTE = 1L << 20;
  private static final Machine MACHINE = new Machine(8, 16_384 * MEBIBYTE);
  private static final Demand TRAIN =
      new Demand("train", 2, 300 * MEBIBYTE, 0, 512 * MEBIBYTE, 0, 0);

  @Test
  void heapNativeMemoryAndJvmTogetherFitALocalClustersWorker() {
    for (int worker : new int[] {1100, 1200, 1400, 2000, 8000}) {
      SparkConf conf = fit("local-cluster[2,3," + worker + "]", TRAIN);
      long heap = conf.getSizeAsMb("spark.executor.memory", "0");
      long outside = nativeMebibytes(conf) + SparkSettings.JVM_BYTES / MEBIBYTE;
      assertThat(heap).isGreaterThanOrEqualTo(512);
      assertThat(nativeMebibytes(conf)).isGreaterThanOrEqualTo(300);
      assertThat(heap + outside).isBetween(worker - 1L, (long) worker);
    }
  }

  @Test
  void tooLittleMemorySaysHowMuchIsNeeded() {
    assertThatThrownBy(() -> fit("local-cluster[2,1,600]", TRAIN))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "local-cluster[2,1,600] gives an executor 600 MiB, but this model needs 1,068 MiB (512"
                + " MiB of heap, 556 MiB outside it): make the last number at least 1068.");
    SparkConf yarn = given("yarn").set("spark.executor.memoryOverhead", "100");
    assertThatThrownBy(() -> SparkSettings.fit(yarn, TRAIN, MACHINE))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "spark.executor.memoryOverhead is 100, but this model needs 556 MiB outside the heap:"
                + " use --conf spark.executor.memoryOverhead=556m.");
    Demand huge = new Demand("train", 2, 10_000 * MEBIBYTE, 0, 512 * MEBIBYTE, 0, 0);
    assertThatThrownBy(() -> fit("local[2]", huge))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("but this model needs 20,000 MiB on local[2]");
  }

  @Test
  void whereTheMachineIsTooSmallTheSentenceSaysWhatTakesLess() {
    assertTooLarge(
        2,
        10_000,
        4_000,
        "This machine has 16,384 MiB of memory, but 2 replicas of this model need 10,768 MiB each"
            + " and the driver 448 MiB: train fewer at a time with -- --master"
            + " 'local-cluster[1,8,10769]', take a smaller batch or context, or recompute: mlp or"
            + " block (a batch takes 4,000 MiB of each), or give a --master with more memory.");
    assertTooLarge(
        1,
        20_000,
        19_000,
        "This machine has 16,384 MiB of memory, but one replica of this model needs 20,768 MiB (512"
            + " MiB of heap, 20,256 MiB outside it) and the driver 448 MiB: take a smaller batch or"
            + " context, or recompute: mlp or block (a batch takes 19,000 MiB of it), or a smaller"
            + " model (fewer layers or experts), or give a --master with more memory.");
    assertTooLarge(
        1,
        100_000,
        4_000,
        "This machine has 16,384 MiB of memory, but one replica of this model needs 100,768 MiB"
            + " (512 MiB of heap, 100,256 MiB outside it) and the driver 448 MiB: take a smaller"
            + " model (fewer layers or experts), since a smaller batch or context, or recompute:"
            + " mlp or block, can save no more than 4,000 MiB, or give a --master with more"
            + " memory.");
  }

  private static void assertTooLarge(
      int replicas, long nativeMebibytes, long batchMebibytes, String sentence) {
    SparkConf choose = given("local[*]").set(SparkSettings.CHOOSE_MASTER, "true");
    Demand demand =
        new Demand(
            "train",
            replicas,
            nativeMebibytes * MEBIBYTE,
            batchMebibytes * MEBIBYTE,
            512 * MEBIBYTE,
            0,
            256 * MEBIBYTE);
    assertThatThrownBy(() -> SparkSettings.fit(choose, demand, MACHINE))
        .isInstanceOf(UserError.class)
        .hasMessage(sentence);
  }

  /** What is chosen for a replica that just fits is enough for it. */
  @Test
  void theChosenMasterHoldsWhatItWasChosenFor() {
    SparkConf choose = given("local[*]").set(SparkSettings.CHOOSE_MASTER, "true");
    for (int mebibytes : new int[] {100, 3_000, 6_000, 6_300}) {
      Demand demand = new Demand("train", 2, mebibytes * MEBIBYTE, 0, 512 * MEBIBYTE, 0, 0);
      SparkConf conf = SparkSettings.fit(choose, demand, MACHINE);
      assertThat(nativeMebibytes(conf)).isGreaterThanOrEqualTo(mebibytes);
    }
  }

  @Test
  void aReplicaTakesItsExecutorWholeAndComputesWithItsCores() {
    SparkConf conf = fit("local-cluster[2,3,2000]", TRAIN);
    assertThat(conf.get("spark.task.cpus")).isEqualTo("3");
    assertThat(conf.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("3");
    assertThat(conf.get("spark.executorEnv.OPENBLAS_NUM_THREADS")).isEqualTo("3");
  }

  @Test
  void vectorsTravelUncompressedUnlessTheUserSaysOtherwise() {
    SparkConf conf = fit("local-cluster[2,3,2000]", TRAIN);
    assertThat(conf.get("spark.shuffle.compress")).isEqualTo("false");
    assertThat(conf.get("spark.broadcast.compress")).isEqualTo("false");
    SparkConf given = given("yarn").set("spark.shuffle.compress", "true");
    assertThat(SparkSettings.fit(given, TRAIN, MACHINE).get("spark.shuffle.compress"))
        .isEqualTo("true");
    assertThat(fit("local[2]", Demand.ofTasks("eval", MEBIBYTE)).contains("spark.shuffle.compress"))
        .isFalse();
  }

  @Test
  void smallTasksShareAnExecutorWithOneThreadEach() {
    SparkConf conf = fit("local-cluster[2,3,2000]", Demand.ofTasks("eval", 100 * MEBIBYTE));
    assertThat(conf.contains("spark.task.cpus")).isFalse();
    assertThat(conf.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("1");
    assertThat(nativeMebibytes(conf)).isGreaterThanOrEqualTo(300);
  }

  @Test
  void whatTheUserSetStays() {
    SparkConf given =
        given("local-cluster[2,2,4000]")
            .set("spark.executor.memory", "3000m")
            .set("spark.executorEnv.OMP_NUM_THREADS", "7")
            .set("spark.task.cpus", "1")
            .set("spark.executor.extraJavaOptions", "-Dorg.bytedeco.javacpp.maxbytes=1m -Dx=y");
    SparkConf conf = SparkSettings.fit(given, TRAIN, MACHINE);
    assertThat(conf.get("spark.executor.memory")).isEqualTo("3000m");
    assertThat(conf.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("7");
    assertThat(conf.get("spark.task.cpus")).isEqualTo("1");
    assertThat(conf.get("spark.executor.extraJavaOptions"))
        .isEqualTo(
            "-Dorg.bytedeco.javacpp.maxbytes=1m -Dx=y"
                + " -Dorg.bytedeco.javacpp.maxphysicalbytes=0"
                + " --add-modules=jdk.incubator.vector -XX:+UseParallelGC");
  }

  @Test
  void aContainerGetsRoomOutsideTheHeap() {
    SparkConf conf = SparkSettings.fit(given("yarn"), TRAIN, MACHINE);
    assertThat(conf.getSizeAsMb("spark.executor.memoryOverhead")).isEqualTo(556 + 384);
    assertThat(nativeMebibytes(conf)).isEqualTo(556 + 384 - 192);
  }

  @Test
  void aClustersExecutorsGetTheHeapThatTheModelNeeds() {
    Demand large = new Demand("train", 2, 300 * MEBIBYTE, 0, 3000 * MEBIBYTE, 0, 0);
    assertThat(SparkSettings.fit(given("yarn"), TRAIN, MACHINE).get("spark.executor.memory"))
        .isEqualTo("1024m");
    assertThat(SparkSettings.fit(given("yarn"), large, MACHINE).get("spark.executor.memory"))
        .isEqualTo("3000m");
    SparkConf little = given("k8s://host").set("spark.executor.memory", "2g");
    assertThatThrownBy(() -> SparkSettings.fit(little, large, MACHINE))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "spark.executor.memory is 2g, but this model needs 3,000 MiB of heap: use --conf"
                + " spark.executor.memory=3000m.");
  }

  @Test
  void aStandaloneClustersExecutorHoldsOneReplica() {
    SparkConf conf = SparkSettings.fit(given("spark://host:7077"), TRAIN, MACHINE);
    assertThat(conf.get("spark.executor.cores")).isEqualTo("1");
    assertThat(conf.get("spark.task.cpus")).isEqualTo("1");
    assertThat(conf.get("spark.cores.max")).isEqualTo("2");
    SparkConf four = given("spark://host:7077").set("spark.executor.cores", "4");
    conf = SparkSettings.fit(four, TRAIN, MACHINE);
    assertThat(conf.get("spark.task.cpus")).isEqualTo("4");
    assertThat(conf.get("spark.cores.max")).isEqualTo("8");
  }

  @Test
  void theOuterOptimizersVectorsTakeHeap() {
    Demand none = Demand.ofReplicas("train", 2, MEBIBYTE, 0, 1000, 3, 0, false);
    Demand two = Demand.ofReplicas("train", 2, MEBIBYTE, 0, 1000, 3, 2, false);
    assertThat(none.driverHeapBytes() - Demand.LEAST_DRIVER_HEAP).isEqualTo(36_000 + 9_000);
    assertThat(two.driverHeapBytes() - Demand.LEAST_DRIVER_HEAP).isEqualTo(60_000 + 15_000);
    assertThat(two.heapBytes() - none.heapBytes()).isEqualTo(16_000);
  }

  @Test
  void onlyWhatTravelsTakesHeapAndOnAnExecutorItMayGoThroughDisk() {
    Demand averaged = Demand.ofReplicas("train", 2, MEBIBYTE, 0, 500_000_000, 3, 0, false);
    Demand kept = Demand.ofReplicas("train", 2, MEBIBYTE, 0, 500_000_000, 1, 0, false);
    assertThat(kept.driverHeapBytes() - Demand.LEAST_DRIVER_HEAP)
        .isEqualTo(6_000_000_000L + 1024 * MEBIBYTE);
    assertThat(averaged.driverHeapBytes() - Demand.LEAST_DRIVER_HEAP)
        .isEqualTo(18_000_000_000L + 1024 * MEBIBYTE);
    for (Demand demand : List.of(kept, averaged)) {
      assertThat(demand.heapBytes()).isEqualTo(1024 * MEBIBYTE);
    }
    assertThat(kept.heapBytes() + kept.moreHeapBytes() - Demand.LEAST_HEAP)
        .isEqualTo(8_000_000_000L);
    SparkConf conf = SparkSettings.fit(given("yarn"), kept, MACHINE);
    assertThat(conf.getSizeAsBytes("spark.executor.memory")).isGreaterThan(8_000_000_000L);
    conf = SparkSettings.fit(given("local-cluster[1,1,2000]"), kept, MACHINE);
    assertThat(conf.getSizeAsBytes("spark.executor.memory")).isLessThan(1500 * MEBIBYTE);
  }

  /** One that waits for a validation, or that rounds do not wait for, holds a state of its own. */
  @Test
  void aCheckpointThatFallsBehindTakesTheDriversHeap() {
    Demand least = training("validation.every_rounds=0", "checkpoint.every_rounds=1");
    long state = 3 * Float.BYTES * ParameterLayout.of(ModelConfig.load("char", "test")).length();
    assertThat(training("validation.every_rounds=0").driverHeapBytes() - least.driverHeapBytes())
        .isEqualTo(state);
    assertThat(training("checkpoint.every_rounds=1").driverHeapBytes() - least.driverHeapBytes())
        .isEqualTo(state);
    assertThat(training("averaging.driver_state=disk").driverHeapBytes())
        .isLessThan(least.driverHeapBytes());
  }

  private static Demand training(String... overrides) {
    Path config = Path.of(System.getProperty("conf.dir"), "train", "char.yaml");
    return Demand.ofTraining(TrainConfig.load(config, List.of(overrides)));
  }

  @Test
  void aDriverWithTooLittleHeapSaysHowMuchIsNeeded() {
    Demand large = Demand.ofReplicas("train", 2, MEBIBYTE, 0, 100_000_000, 3, 0, false);
    assertThatThrownBy(() -> SparkRuntime.requireDriverHeap(large, 1024 * MEBIBYTE, MACHINE))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The driver has 1,024 MiB of heap, but this model needs 4,547 MiB: use"
                + " --driver-memory 4548m.");
    SparkRuntime.requireDriverHeap(large, 4500 * MEBIBYTE, MACHINE);
    Machine small = new Machine(2, 4000 * MEBIBYTE);
    assertThatThrownBy(() -> SparkRuntime.requireDriverHeap(large, 1024 * MEBIBYTE, small))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The driver needs 4,547 MiB of heap for this model, but its machine has 4,000 MiB of"
                + " memory: take a smaller model (fewer layers or experts), or run the driver on a"
                + " larger machine.");
  }

  @Test
  void whereNoMasterIsNamedReplicasGetProcessesAndOtherVerbsThreads() {
    SparkConf choose = given("local[*]").set(SparkSettings.CHOOSE_MASTER, "true");
    assertThat(SparkSettings.fit(choose, TRAIN, MACHINE).get("spark.master"))
        .matches("local-cluster\\[2,4,\\d+]");
    assertThat(
            SparkSettings.fit(choose, Demand.ofTasks("eval", MEBIBYTE), MACHINE)
                .get("spark.master"))
        .isEqualTo("local[*]");
    assertThat(SparkSettings.fit(given("local[*]"), TRAIN, MACHINE).get("spark.master"))
        .isEqualTo("local[*]");
    assertThat(
            SparkSettings.fit(choose.clone().set("spark.master", "yarn"), TRAIN, MACHINE)
                .get("spark.master"))
        .isEqualTo("yarn");
  }

  private static SparkConf given(String master) {
    return new SparkConf(false).set("spark.master", master);
  }

  private static SparkConf fit(String master, Demand demand) {
    return SparkSettings.fit(given(master), demand, MACHINE);
  }

  private static long nativeMebibytes(SparkConf conf) {
    String options = conf.get("spark.executor.extraJavaOptions");
    String value = options.replaceAll(".*javacpp\\.maxbytes=(\\d+)m.*", "$1");
    return Long.parseLong(value);
  }
}
