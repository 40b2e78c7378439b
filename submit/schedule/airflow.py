"""A corpus that grows every night, by Airflow 2.4 or newer with its Spark provider.

Copy it into the DAGs' folder and change what is marked.

Logs         the task's own log in Airflow has the driver's, in client mode
Exit codes   2 is a mistake of the user, which a retry would repeat: the task fails at once. Any other
             is tried again
Concurrency  one run of the DAG at a time; the corpus' lease keeps off what Airflow does not know of
Missed       catchup is off: one run takes all inputs that are new, however many nights they are from

docs/schedule.md has the rest.
"""

import os
from datetime import datetime, timedelta

from airflow import DAG
from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

# CHANGE: where PolySpark lies on the workers of Airflow, and the jar of its build.
POLYSPARK = os.environ.get("POLYSPARK", "/opt/polyspark")
JAR = os.environ.get("POLYSPARK_JAR", f"{POLYSPARK}/polyspark.jar")

# CHANGE: where the corpus is.
CORPUS = "hdfs:///corpus/web"


class Prepare(SparkSubmitOperator):
    """What `submit/polyspark prep` runs; the provider tells exit codes in its message alone."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowException as failure:
            if "Error code is: 2." in str(failure):
                raise AirflowFailException(
                    "prep was given something wrong; the sentence is in the log above"
                ) from failure
            raise


with DAG(
    dag_id="polyspark_prep",
    schedule="0 2 * * *",
    # CHANGE: any day before the first run.
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=20),
    },
) as dag:
    Prepare(
        task_id="prep",
        # CHANGE: the connection that names the master; its deploy mode must be client, or exit codes
        # are the cluster's.
        conn_id="spark_default",
        application=JAR,
        java_class="io.polyspark.cli.PolySpark",
        application_args=[
            "prep",
            "--config",
            f"{POLYSPARK}/conf/data/nightly.yaml",
            "--incremental",
            "--output",
            CORPUS,
        ],
        # As submit/polyspark sets it.
        env_vars={
            "SPARK_SUBMIT_OPTS": "--add-modules=jdk.incubator.vector"
            " -XX:+UseParallelGC -XX:+ExitOnOutOfMemoryError"
        },
    )
