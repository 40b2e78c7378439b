package io.polyspark.preflight;

import org.apache.hadoop.util.VersionInfo;

/** Checks of the Spark and the Hadoop that are on the class path. */
final class VersionChecks {
  private static final String SPARK = "3.5.";
  private static final String SCALA = "2.12.";
  private static final String HADOOP = "3.";

  private VersionChecks() {}

  /** Spark's version, and that of the Scala it was built for. */
  static Finding spark() {
    return spark(
        org.apache.spark.package$.MODULE$.SPARK_VERSION(),
        scala.util.Properties.versionNumberString());
  }

  static Finding spark(String spark, String scala) {
    return spark.startsWith(SPARK) && scala.startsWith(SCALA)
        ? Finding.ok("spark", "%s with Scala %s", spark, scala)
        : Finding.fail(
            "spark",
            "Spark is %s with Scala %s, but PolySpark is built for 3.5 with Scala 2.12: set"
                + " SPARK_HOME to one of those, or unset it to use the Spark from Maven.",
            spark,
            scala);
  }

  /** The version of Hadoop's client. */
  static Finding hadoop() {
    return hadoop(VersionInfo.getVersion());
  }

  static Finding hadoop(String version) {
    return version.startsWith(HADOOP)
        ? Finding.ok("hadoop", "%s", version)
        : Finding.fail(
            "hadoop",
            "Hadoop's client is %s, but Spark 3.5 needs 3: use a Spark built for Hadoop 3.",
            version);
  }
}
