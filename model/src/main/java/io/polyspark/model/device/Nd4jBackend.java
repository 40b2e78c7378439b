package io.polyspark.model.device;

/**
 * ND4J's back end of this JVM, told from the class path alone: asking ND4J itself would load its
 * native libraries, which fail hard on cards that they hold no code for.
 */
public enum Nd4jBackend {
  /** {@code nd4j-native}. */
  CPU("CpuBackend"),
  /** {@code nd4j-cuda}, which the profile {@code cuda} puts in its place. */
  CUDA("JCublasBackend");

  private static final String CUDA_CLASS = "org/nd4j/linalg/jcublas/JCublasBackend.class";
  private static final Nd4jBackend HERE =
      Nd4jBackend.class.getClassLoader().getResource(CUDA_CLASS) == null ? CPU : CUDA;

  private final String className;

  Nd4jBackend(String className) {
    this.className = className;
  }

  /** The one that this JVM computes with. */
  public static Nd4jBackend here() {
    return HERE;
  }

  /** The simple name of ND4J's class for it. */
  public String className() {
    return className;
  }
}
