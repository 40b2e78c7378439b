package io.polyspark.terminal;

import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.util.SignalUtils;

/**
 * Lets executors outlive a Ctrl-C. A terminal sends it to all processes in its foreground, and so
 * to the executors of a {@code local-cluster} too, which are children of the driver: they must go
 * on until the driver has decided what to do.
 */
public final class IgnoreInterrupts implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> settings) {
        SignalUtils.register("INT", () -> true);
      }
    };
  }
}
