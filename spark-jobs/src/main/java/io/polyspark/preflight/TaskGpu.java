package io.polyspark.preflight;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.device.DeviceChoice;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.tensor.Device;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The GPU that Spark has given to the task of this thread. */
public final class TaskGpu {
  private static final String RESOURCE = "gpu";

  private TaskGpu() {}

  /** Its address, as the cluster's discovery script printed it; empty where Spark gave none. */
  public static List<String> addresses() {
    TaskContext task = TaskContext.get();
    ResourceInformation gpu = task == null ? null : task.resourcesJMap().get(RESOURCE);
    return gpu == null ? List.of() : List.of(gpu.addresses());
  }

  /**
   * Lets this thread compute on the task's GPU, where it is to compute on one and Spark gave one;
   * else it computes on the first. Loads ND4J where its CUDA back end computes.
   *
   * @param device where the task computes
   * @throws UserError if no GPU of this machine would compute, or CUDA does not see the task's
   */
  public static void bind(Device device) {
    CudaRequirements.require(device);
    if (device == Device.CUDA || Nd4jBackend.here() == Nd4jBackend.CUDA) {
      addresses().stream().findFirst().ifPresentOrElse(DeviceChoice::bind, DeviceChoice::unbind);
    }
  }
}
