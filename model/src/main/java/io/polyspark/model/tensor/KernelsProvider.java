package io.polyspark.model.tensor;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
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

  /** What this JVM computes with, where products read numbers of a dtype. */
  public static Choice choice(Dtype dtype) {
    try (Kernels kernels = createQuietly(Precision.FLOAT32, dtype)) {
      return new Choice(
          kernels.description(),
          reason(makesVectorKernels(Precision.FLOAT32)),
          Nd4jBackend.here().className(),
          BlasCore.settle());
    }
  }

  /** Says in the log, once, what this JVM computes with. */
  public static void announce(Dtype dtype) {
    if (SAID.compareAndSet(false, true)) {
      Choice choice = choice(dtype);
      LOG.info(
          "Kernels: {} ({}); BLAS core type: {}",
          choice.kernels(),
          choice.reason(),
          choice.blasCore());
    }
  }

  /** New kernels, which the caller closes. The log says once which they are and why. */
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
      announce(dtype);
    }
    if (dtype == Dtype.BF16) {
      requireBfloat16();
    }
    return createQuietly(precision, dtype);
  }

  /**
   * Checks that this JVM multiplies bfloat16 as fast as its processor can, which is the only reason
   * to.
   *
   * @throws UserError if not
   */
  public static void requireBfloat16() {
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
