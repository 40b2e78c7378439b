package io.polyspark.model.benchmark;

import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
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
  private int depth;

  /** Kernels that compute by others, with the clock. */
  Kernels over(Kernels kernels) {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> {
              Object result = timed(kernels, method, arguments, method.getName());
              return result instanceof MlpActivation activation ? over(activation) : result;
            });
  }

  private MlpActivation over(MlpActivation activation) {
    Class<?> kind = activation.isGate() ? GateActivation.class : ElementActivation.class;
    return (MlpActivation)
        Proxy.newProxyInstance(
            kind.getClassLoader(),
            new Class<?>[] {kind},
            (proxy, method, arguments) ->
                method.getReturnType() == void.class
                    ? timed(activation, method, arguments, "activation." + method.getName())
                    : method.invoke(activation, arguments));
  }

  private Object timed(Object target, Method method, Object[] arguments, String name)
      throws Throwable {
    long start = System.nanoTime();
    depth++;
    try {
      return method.invoke(target, arguments);
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
