package io.polyspark.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;

/** A Spark job that prints which GPUs two tasks see that run at the same time. */
public final class GpuAddresses {
  private GpuAddresses() {}

  public static void main(String[] arguments) {
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf().setAppName("gpus"))) {
      List<String> seen =
          new ArrayList<>(
              spark
                  .parallelize(List.of(0, 1), 2)
                  .rdd()
                  .barrier()
                  .<String>mapPartitions(
                      new Addresses(), false, scala.reflect.ClassTag$.MODULE$.apply(String.class))
                  .toJavaRDD()
                  .collect());
      Collections.sort(seen);
      System.out.println(seen);
    }
  }

  /** What Spark gave the task. */
  private static final class Addresses
      extends scala.runtime.AbstractFunction1<
          scala.collection.Iterator<Integer>, scala.collection.Iterator<String>>
      implements java.io.Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public scala.collection.Iterator<String> apply(scala.collection.Iterator<Integer> numbers) {
      String[] addresses = TaskContext.get().resources().apply("gpu").addresses();
      return scala.collection.Iterator$.MODULE$.single(Arrays.toString(addresses));
    }
  }
}
