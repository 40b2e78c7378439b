package io.polyspark.prep.deduplicate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;

import java.io.IOException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Connected components by alternating large-star and small-star operations (Kiveris et al.,
 * Connected Components in MapReduce and Beyond, SoCC 2014): in the end every node has one edge, to
 * the least node of its component. Each operation is one aggregation and one join whose rows stream
 * by, so that a component may be larger than any memory; tables are saved after each pair.
 */
final class ConnectedComponents {
  /** A node. */
  static final String NODE = "node";

  /** The least node of its component. */
  static final String ROOT = "root";

  private static final String LEAST = "least";

  private ConnectedComponents() {}

  /**
   * The components of a graph.
   *
   * @param edges pairs of different nodes of an ordered type, named {@link #NODE} and {@link
   *     #ROOT}, in any order and direction, repetitions allowed
   * @return every node that has an edge, with the root of its component, which is in it too
   */
  static Dataset<Row> of(Dataset<Row> edges, WorkDirectory work) throws IOException {
    Dataset<Row> stars =
        work.save(
            "stars-0",
            edges
                .select(
                    greatest(col(NODE), col(ROOT)).as(NODE), least(col(NODE), col(ROOT)).as(ROOT))
                .distinct());
    Row before = state(stars);
    for (int round = 1; ; round++) {
      stars = work.save("stars-" + round, smallStar(largeStar(stars)));
      work.remove("stars-" + (round - 1));
      Row now = state(stars);
      if (now.equals(before)) {
        return stars.union(stars.select(col(ROOT), col(ROOT)).distinct());
      }
      before = now;
    }
  }

  /** Connects every larger neighbour of a node to the least of its neighbours and itself. */
  private static Dataset<Row> largeStar(Dataset<Row> edges) {
    Dataset<Row> both = edges.union(edges.select(col(ROOT), col(NODE)));
    Dataset<Row> roots =
        both.groupBy(col(NODE).as(LEAST + NODE)).agg(min(least(col(NODE), col(ROOT))).as(LEAST));
    return both.filter(col(ROOT).gt(col(NODE)))
        .join(roots, col(NODE).equalTo(col(LEAST + NODE)))
        .select(col(ROOT).as(NODE), col(LEAST).as(ROOT))
        .distinct();
  }

  /** Connects every smaller neighbour of a node, and itself, to the least of them. */
  private static Dataset<Row> smallStar(Dataset<Row> edges) {
    Dataset<Row> roots = edges.groupBy(col(NODE).as(LEAST + NODE)).agg(min(col(ROOT)).as(LEAST));
    return edges
        .join(roots, col(NODE).equalTo(col(LEAST + NODE)))
        .filter(col(ROOT).notEqual(col(LEAST)))
        .select(col(ROOT).as(NODE), col(LEAST).as(ROOT))
        .union(roots.select(col(LEAST + NODE), col(LEAST)))
        .distinct();
  }

  /** What changes when an edge does: their number and the exclusive or of their hashes. */
  private static Row state(Dataset<Row> edges) {
    return edges.agg(count(lit(1)), expr("bit_xor(xxhash64(" + NODE + ", " + ROOT + "))")).first();
  }
}
