package io.polyspark.model.tensor.nd4j;

import static io.polyspark.model.tensor.nd4j.Nd4jTensor.array;
import static io.polyspark.model.tensor.nd4j.Nd4jTensor.transposed;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.floating.RSqrt;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link Elementwise} by ND4J's operations. Sums over rows and columns are products with a vector
 * of ones: BLAS does them in a tenth of the time of ND4J's reductions of one array.
 */
class Nd4jElementwise implements Elementwise {
  final Scratch scratch;

  Nd4jElementwise(Scratch scratch) {
    this.scratch = scratch;
  }

  @Override
  public void copy(Tensor from, Tensor to) {
    if (from != to) {
      array(to).assign(array(from));
    }
  }

  @Override
  public void fill(Tensor out, double value) {
    array(out).assign(value);
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    array(a).mul(array(b), array(out));
  }

  @Override
  public void addScaled(Tensor a, double factor, Tensor into) {
    Blas.addScaled(array(a), factor, array(into));
  }

  @Override
  public void scaleAndShift(Tensor a, double factor, double summand, Tensor out) {
    INDArray from = array(a);
    if (factor != 1) {
      from.mul(factor, array(out));
      from = array(out);
    }
    if (summand != 0) {
      from.add(summand, array(out));
    } else if (from != array(out)) {
      array(out).assign(from);
    }
  }

  @Override
  public void scaleRows(Tensor a, Tensor perRow, Tensor out) {
    array(a).mul(array(perRow), array(out));
  }

  @Override
  public void shiftRows(Tensor perRow, Tensor into) {
    array(into).addiColumnVector(array(perRow));
  }

  @Override
  public void scaleColumns(Tensor a, Tensor perColumn, Tensor out) {
    array(a).mul(array(perColumn), array(out));
  }

  @Override
  public void sumOverColumns(Tensor a, Tensor perRow) {
    Blas.product(
        scratch.ones(a.columns()).transpose(), transposed(a), transposed(perRow), Into.OVERWRITE);
  }

  @Override
  public void rowDots(Tensor a, Tensor b, Tensor perRow) {
    Nd4j.exec(new Dot(array(a), array(b), array(perRow).reshape(perRow.rows()), 1));
  }

  @Override
  public void sumOverRows(Tensor a, Tensor perColumn, Into into) {
    Blas.product(transposed(a), scratch.ones(a.rows()), transposed(perColumn), into);
  }

  @Override
  public double dot(Tensor a, Tensor b) {
    return Blas.dot(array(a), array(b));
  }

  @Override
  public double sum(Tensor a) {
    INDArray perRow = scratch.array("sum", a.rows(), 1);
    Blas.sumOverColumns(array(a), scratch.ones(a.columns()), perRow);
    return Blas.dot(perRow, scratch.ones(a.rows()));
  }

  @Override
  public void inverseSquareRoot(Tensor a, double factor, double eps, Tensor out) {
    scaleAndShift(a, factor, eps, out);
    Nd4j.exec(new RSqrt(array(out), array(out)));
  }

  @Override
  public void relu(Tensor a, Tensor out) {
    Nd4j.exec(new RectifiedLinear(array(a), array(out), 0));
  }

  @Override
  public void positive(Tensor a, Tensor out) {
    Nd4j.exec(new Step(array(a), array(out), 0));
  }

  @Override
  public void sigmoid(Tensor a, Tensor out) {
    Nd4j.exec(new Sigmoid(array(a), array(out)));
  }

  @Override
  public void exp(Tensor a, Tensor out) {
    Nd4j.exec(new Exp(array(a), array(out)));
  }

  @Override
  public void erf(Tensor a, Tensor out) {
    Nd4j.exec(new Erf(array(a), array(out)));
  }
}
