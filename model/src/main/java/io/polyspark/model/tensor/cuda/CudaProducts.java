package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.MatrixLibrary.Matrix;
import io.polyspark.model.tensor.cuda.MatrixLibrary.Operation;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Linear layers and their gradients by cuBLASLt, which is column-major: what is row-major is to it
 * the transposed matrix, so that products are asked for the other way round. Where an operand or
 * the result is of the type of activations, operands of another are rounded to it first: parameters
 * once for all products until they change, others in scratch. Where all three are float32, as with
 * a router, so is the product.
 */
final class CudaProducts implements Products {
  private final CudaSession session;
  private final CudaElementwise elementwise;

  /** The operands of which scratch holds rounded copies, by the copies' roles. */
  private final Map<String, CudaTensor> rounded = new HashMap<>();

  /** The session's count of writes when the copies were those of the operands. */
  private long roundedAt;

  CudaProducts(CudaSession session, CudaElementwise elementwise) {
    this.session = session;
    this.elementwise = elementwise;
  }

  @Override
  public void linear(Tensor x, Tensor weight, Tensor y, Into into) {
    multiply(weight, Operation.TRANSPOSED, x, Operation.PLAIN, y, into);
  }

  /** {@code y = summand + x * weight^T}; the summand is of y's type and elsewhere. */
  void linearPlus(Tensor x, Tensor weight, Tensor summand, Tensor y) {
    multiply(weight, Operation.TRANSPOSED, x, Operation.PLAIN, cuda(summand), y);
  }

  @Override
  public void linearInputGradient(Tensor dY, Tensor weight, Tensor dX, Into into) {
    multiply(weight, Operation.PLAIN, dY, Operation.PLAIN, dX, into);
  }

  @Override
  public void linearWeightGradient(Tensor dY, Tensor x, Tensor dWeight) {
    multiply(x, Operation.PLAIN, dY, Operation.TRANSPOSED, dWeight, Into.ADD);
  }

  private void multiply(Tensor a, Operation ofA, Tensor b, Operation ofB, Tensor y, Into into) {
    multiply(a, ofA, b, ofB, into == Into.ADD ? cuda(y) : null, y);
  }

  /**
   * One product.
   *
   * @param summand what it is added to; null for nothing
   */
  private void multiply(
      Tensor a, Operation ofA, Tensor b, Operation ofB, CudaTensor summand, Tensor y) {
    CudaTensor result = cuda(y);
    boolean exact =
        Stream.of(cuda(a), cuda(b), result).allMatch(each -> each.type() == ElementType.F32);
    forgetWhatMayHaveChanged();
    CudaTensor left = exact ? cuda(a) : operand(a, "a");
    CudaTensor right = exact ? cuda(b) : operand(b, "b");
    session
        .matrices()
        .multiply(
            columnMajor(left),
            ofA,
            columnMajor(right),
            ofB,
            summand == null ? null : columnMajor(summand),
            columnMajor(result));
    // No operand has changed that lies elsewhere: a gradient that was rounded for the product with
    // the layer's input is not rounded again for the one with its weights.
    rounded.values().removeIf(each -> each.memory().equals(result.memory()));
    roundedAt = session.writes();
  }

  private void forgetWhatMayHaveChanged() {
    if (roundedAt != session.writes()) {
      rounded.clear();
    }
  }

  private static Matrix columnMajor(CudaTensor of) {
    return new Matrix(of.address(), /* rows= */ of.columns(), /* columns= */ of.rows(), of.type());
  }

  /** A matrix in the type that products read. */
  CudaTensor operand(Tensor tensor, String role) {
    CudaTensor given = cuda(tensor);
    if (given.type() == session.activations()) {
      return given;
    }
    if (given.memory() instanceof CudaVector.Part part) {
      return part.vector().rounded().of(given, elementwise);
    }
    CudaTensor copy =
        session.scratch("operand." + role, given.rows(), given.columns(), session.activations());
    forgetWhatMayHaveChanged();
    if (!given.equals(rounded.get(role))) {
      elementwise.copy(given, copy);
      rounded.put(role, given);
      roundedAt = session.writes();
    }
    return copy;
  }
}
