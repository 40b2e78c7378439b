package io.polyspark.model.benchmark;

import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.tensor.Kernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A clock on every operation that a model asks of its {@link Kernels}: how long all calls by one
 * name took, on the thread that calls; what an operation asks of others is its own. Not thread
 * safe, as the kernels are not.
 */
final class OperationTimes {
  private final Map<String, Long> nanos = new HashMap<>();
  private final Runnable settle;
  private int depth;

  /** Of operations that are over when they return. */
  OperationTimes() {
    this(() -> {});
  }

  /**
   * @param settle called after each operation, within its time: what waits for it, where operations
   *     return before they are over
   */
  OperationTimes(Runnable settle) {
    this.settle = settle;
  }

  /**
   * Kernels that compute by others, with the clock. A sequence that could be replayed as one is run
   * operation by operation.
   */
  Kernels over(Kernels kernels) {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("repeat")) {
                ((Runnable) arguments[1]).run();
                return null;
              }
              Object result = timed(kernels, method, arguments, method.getName());
              return result instanceof MlpActivation activation ? over(activation) : result;
            });
  }

  private MlpActivation over(MlpActivation activation) {
    Class<?> kind = kind(activation);
    return (MlpActivation)
        Proxy.newProxyInstance(
            kind.getClassLoader(),
            new Class<?>[] {kind},
            (proxy, method, arguments) ->
                method.getReturnType() == void.class
                    ? timed(activation, method, arguments, "activation." + method.getName())
                    : method.invoke(activation, arguments));
  }

  private static Class<?> kind(MlpActivation activation) {
    if (activation instanceof ResidentActivation) {
      return ResidentActivation.class;
    }
    return activation.isGate() ? GateActivation.class : ElementActivation.class;
  }

  private Object timed(Object target, Method method, Object[] arguments, String name)
      throws Throwable {
    long start = System.nanoTime();
    depth++;
    try {
      Object result = method.invoke(target, arguments);
      if (depth == 1) {
        settle.run();
      }
      return result;
    } catch (InvocationTargetException e) {
      throw e.getCause();
    } finally {
      depth--;
      if (depth == 0) {
        nanos.merge(name, System.nanoTime() - start, Long::sum);
      }
    }
  }

  /** Starts from 0. */
  void reset() {
    nanos.clear();
  }

  /** Seconds since {@link #reset}, by the operation's name. */
  Map<String, Double> seconds() {
    Map<String, Double> seconds = new TreeMap<>();
    nanos.forEach((name, value) -> seconds.put(name, value * 1e-9));
    return seconds;
  }
}
