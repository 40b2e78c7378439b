package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Into;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Cross-entropy in tiles of rows; the tile's logits turn into their own gradient in place. */
final class Nd4jCrossEntropy {
  private final Scratch scratch;
  private final long tileElements;

  /**
   * @param tileElements the most elements of one tile of logits, where a single row has no more
   */
  Nd4jCrossEntropy(Scratch scratch, long tileElements) {
    this.scratch = scratch;
    this.tileElements = tileElements;
  }

  private long rowsPerTile(long rows, long vocabulary) {
    return Math.max(1, Math.min(rows, tileElements / vocabulary));
  }

  /** The elements of the arrays of one tile. */
  long scratchElements(long rows, long vocabulary) {
    return rowsPerTile(rows, vocabulary) * (vocabulary + 6);
  }

  /** Where the gradient of the losses' mean goes. */
  record Gradients(INDArray dX, INDArray dWeight) {}

  /**
   * @param x [N, D]
   * @param weight [V, D]
   * @param targets [N]
   * @param losses [N, 1]
   * @param gradients null where only losses are wanted
   */
  void run(INDArray x, INDArray weight, int[] targets, INDArray losses, Gradients gradients) {
    long rows = x.size(0);
    long vocabulary = weight.size(0);
    long perTile = rowsPerTile(rows, vocabulary);
    for (long first = 0; first < rows; first += perTile) {
      long last = Math.min(rows, first + perTile);
      INDArray tileX = rows(x, first, last);
      INDArray logits = scratch.array("logits", last - first, vocabulary);
      Blas.product(weight, tileX.transpose(), logits.transpose(), Into.OVERWRITE);
      INDArray picked = addresses(targets, (int) first, (int) last, vocabulary);
      INDArray sums = losses(logits, picked, rows(losses, first, last));
      if (gradients != null) {
        gradient(logits, picked, sums, 1.0 / rows);
        Blas.product(
            weight.transpose(),
            logits.transpose(),
            rows(gradients.dX(), first, last).transpose(),
            Into.OVERWRITE);
        Blas.product(tileX.transpose(), logits, gradients.dWeight().transpose(), Into.ADD);
      }
    }
  }

  /** loss = log(sum exp(logit - max)) - (logit of target - max); logits become exp(logit - max). */
  private INDArray losses(INDArray logits, INDArray picked, INDArray losses) {
    long rows = logits.size(0);
    INDArray greatest = scratch.array("logits.greatest", rows, 1);
    Nd4j.exec(new Max(logits, greatest, true, 1));
    logits.subiColumnVector(greatest);
    INDArray ofTarget = scratch.array("logits.target", rows, 1);
    Nd4j.exec(
        DynamicCustomOp.builder("gather")
            .addInputs(logits.reshape(logits.length()), picked)
            .addOutputs(ofTarget.reshape(rows))
            .addIntegerArguments(0)
            .build());
    Nd4j.exec(new Exp(logits, logits));
    INDArray sums = scratch.array("logits.sums", rows, 1);
    Blas.sumOverColumns(logits, scratch.ones(logits.size(1)), sums);
    Nd4j.exec(new Log(sums, losses));
    losses.subi(ofTarget);
    return sums;
  }

  /** (softmax - one at the target) / N, in place. */
  private void gradient(INDArray exponentials, INDArray picked, INDArray sums, double weight) {
    sums.rdivi(weight);
    exponentials.muliColumnVector(sums);
    INDArray flat = exponentials.reshape(exponentials.length());
    INDArray minus = scratch.array("logits.minus", picked.length(), 1).assign(-weight);
    Nd4jScatter.add(flat, picked, minus.reshape(picked.length()));
  }

  /** Where each row's target is in the tile, as one vector of int64. */
  private INDArray addresses(int[] targets, int first, int last, long vocabulary) {
    long[] addresses = new long[last - first];
    for (int row = 0; row < addresses.length; row++) {
      addresses[row] = row * vocabulary + targets[first + row];
    }
    INDArray array = scratch.addresses(addresses.length);
    array.data().setData(addresses);
    return array;
  }

  private static INDArray rows(INDArray array, long first, long last) {
    return first == 0 && last == array.size(0)
        ? array
        : array.get(NDArrayIndex.interval(first, last), NDArrayIndex.all());
  }
}
