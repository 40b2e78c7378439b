package io.polyspark.model.tensor;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the implementation of {@link Kernels} for this JVM. The one place that knows all of them.
 */
public final class KernelsProvider {
  private static final Logger LOG = LoggerFactory.getLogger(KernelsProvider.class);
  private static final AtomicBoolean SAID = new AtomicBoolean();
  private static final String MODULE = "jdk.incubator.vector";

  /** Loaded by name: the class does not even link where the module is absent. */
  private static final String VECTOR_KERNELS = "io.polyspark.model.tensor.vector.VectorKernels";

  private KernelsProvider() {}

  /**
   * Which kernels {@link #create} makes in this JVM in float32, and why.
   *
   * @param kernels their description
   * @param reason why these; says which option of the JVM is missing for faster ones
   * @param backend ND4J's back end
   * @param blasCore see {@link BlasCore}
   */
  public record Choice(String kernels, String reason, String backend, String blasCore) {}

  /**
   * What a replica computes with, where products read numbers of a dtype. Opens no card: the driver
   * of a cluster would hold memory of it that a replica needs.
   */
  public static Choice choice(Dtype dtype, DeviceSelection selection) {
    if (computesByOurCuda(selection.device())) {
      return new Choice(
          selection.cards().isEmpty()
              ? "cuda, on executors"
              : cardKernels().description(selection.cards().get(0).capability().toString(), dtype),
          "PolySpark's own, compiled for the card; run on emulated cards alone so far, see docs/gpu.md",
          Nd4jBackend.here().className(),
          BlasCore.settle());
    }
    return cpuChoice(dtype);
  }

  private static Choice cpuChoice(Dtype dtype) {
    try (Kernels kernels = createQuietly(Precision.FLOAT32, dtype)) {
      return new Choice(
          kernels.description(),
          reason(makesVectorKernels(Precision.FLOAT32)),
          Nd4jBackend.here().className(),
          BlasCore.settle());
    }
  }

  /** Says in the log, once, what replicas compute with. */
  public static void announce(Dtype dtype, DeviceSelection selection) {
    if (SAID.compareAndSet(false, true)) {
      LOG.info(
          "Device: {} ({})",
          selection.device().name().toLowerCase(Locale.ROOT),
          selection.reason());
      say(choice(dtype, selection));
    }
  }

  private static void announceCpu(Dtype dtype) {
    if (SAID.compareAndSet(false, true)) {
      say(cpuChoice(dtype));
    }
  }

  private static void say(Choice choice) {
    LOG.info(
        "Kernels: {} ({}); BLAS core type: {}",
        choice.kernels(),
        choice.reason(),
        choice.blasCore());
  }

  /** Whether our own kernels for GPUs compute, and not ND4J's CUDA back end. */
  public static boolean computesByOurCuda(Device device) {
    return device == Device.CUDA && onCpu();
  }

  /**
   * New kernels for the CPU, or for ND4J's CUDA back end, which the caller closes. The log says
   * once which they are and why.
   */
  public static Kernels create(Precision precision) {
    return create(precision, Dtype.FLOAT32);
  }

  /**
   * New kernels whose products read numbers of a dtype.
   *
   * @throws UserError if this JVM or its processor cannot multiply them
   */
  public static Kernels create(Precision precision, Dtype dtype) {
    if (precision == Precision.FLOAT32) {
      announceCpu(dtype);
    }
    requireProducts(dtype, Device.CPU);
    return createQuietly(precision, dtype);
  }

  /**
   * Checks that a device multiplies numbers of a dtype, as fast as it can, which is the only reason
   * to; the CPU is this machine's.
   *
   * @throws UserError if not
   */
  public static void requireProducts(Dtype dtype, Device device) {
    if (computesByOurCuda(device)) {
      return;
    }
    if (dtype == Dtype.TF32) {
      throw new UserError(
          "dtype: tf32 is for GPUs that compute by PolySpark's own kernels: take dtype: float32, or"
              + " device: cuda on a machine with such a GPU (docs/gpu.md says which).");
    }
    if (dtype == Dtype.BF16) {
      requireBfloat16();
    }
  }

  private static void requireBfloat16() {
    if (!makesVectorKernels(Precision.FLOAT32)) {
      throw UserError.of(
          "dtype: bf16 needs the fast kernels on a CPU: start the JVM with --add-modules %s, or take"
              + " dtype: float32.",
          MODULE);
    }
    if (!multipliesBfloat16()) {
      throw UserError.of(
          "dtype: bf16 needs a processor with AVX-512 BF16 (AMD Zen 4, Intel Cooper Lake or newer),"
              + " which this one has not: take dtype: float32.");
    }
  }

  private static boolean multipliesBfloat16() {
    try {
      return (boolean) Class.forName(VECTOR_KERNELS).getMethod("multipliesBfloat16").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("oneDNN cannot be loaded", e);
    }
  }

  /**
   * Where the kernels of one replica come from, which the caller closes. The log says once which
   * kernels they are and why.
   *
   * @throws UserError if the device cannot be had, or cannot multiply the dtype
   */
  public static KernelsSource source(Precision precision, Dtype dtype, Device device) {
    if (computesByOurCuda(device)) {
      CudaRequirements.require(device);
      if (precision != Precision.FLOAT32) {
        throw new IllegalArgumentException("On a card kernels are of float32, not " + precision);
      }
      KernelsSource source = cardKernels().source(dtype);
      if (SAID.compareAndSet(false, true)) {
        LOG.info("Kernels: {}", description(source));
      }
      return source;
    }
    // The first kernels say whether the JVM can; the source itself has nothing to close.
    return new KernelsSource() {
      @Override
      public Kernels create() {
        return KernelsProvider.create(precision, dtype);
      }

      @Override
      public Optional<FlatVector> vector(long length) {
        return Optional.empty();
      }

      @Override
      public void close() {}
    };
  }

  /**
   * The description of what computes on a device, which on a card names its compute capability.
   *
   * @throws UserError as {@link #source}
   */
  public static String description(Dtype dtype, Device device) {
    try (KernelsSource source = source(Precision.FLOAT32, dtype, device)) {
      return description(source);
    }
  }

  private static String description(KernelsSource source) {
    try (Kernels kernels = source.create()) {
      return kernels.description();
    }
  }

  private static CardKernels cardKernels() {
    // By the loader of our jar: a thread's own need not know the jars that Spark has fetched.
    return ServiceLoader.load(CardKernels.class, CardKernels.class.getClassLoader())
        .findFirst()
        .orElseThrow();
  }

  /** As {@link #create}, for who only asks them for sizes and has nothing computed. */
  public static Kernels createQuietly(Precision precision, Dtype dtype, Device device) {
    return computesByOurCuda(device) ? cardKernels().sizes(dtype) : createQuietly(precision, dtype);
  }

  /** As {@link #create}, for who only asks them for sizes and has nothing computed. */
  public static Kernels createQuietly(Precision precision, Dtype dtype) {
    BlasCore.settle();
    return makesVectorKernels(precision) ? vectorKernels(dtype) : new Nd4jKernels(precision);
  }

  private static boolean makesVectorKernels(Precision precision) {
    return precision == Precision.FLOAT32 && hasVectorModule() && onCpu();
  }

  private static boolean onCpu() {
    return Nd4jBackend.here() == Nd4jBackend.CPU;
  }

  private static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  private static Kernels vectorKernels(Dtype dtype) {
    try {
      return Class.forName(VECTOR_KERNELS)
          .asSubclass(Kernels.class)
          .getConstructor(Dtype.class)
          .newInstance(dtype);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(VECTOR_KERNELS + " cannot be made", e);
    }
  }

  private static String reason(boolean vector) {
    if (vector) {
      return "float32 on a CPU, with the module " + MODULE;
    }
    return onCpu()
        ? "several times slower than they could be: start the JVM with --add-modules " + MODULE
        : "ND4J's back end is not a CPU";
  }
}
