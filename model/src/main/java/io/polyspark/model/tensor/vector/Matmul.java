package io.polyspark.model.tensor.vector;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_matmul_desc_init;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_init_by_strides;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_set_data_handle;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_sum;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_post_ops;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_execute;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_default_flags;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_destroy;

import io.polyspark.model.tensor.vector.Product.Op;
import org.bytedeco.dnnl.const_dnnl_op_desc_t;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_matmul_desc_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc_t;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * One of oneDNN's matrix products, compiled for its shape: factors in bfloat16, result in float32.
 * It serves one thread at a time.
 */
final class Matmul implements AutoCloseable {
  /**
   * {@code c[m, n] = ofA(a)[m, k] ofB(b)[k, n] + beta c}; strides in elements.
   *
   * @param beta 0 or 1
   */
  record Shape(
      Op ofA,
      Op ofB,
      long m,
      long n,
      long k,
      int leftStride,
      int rightStride,
      float beta,
      int outStride) {
    static Shape of(Product product) {
      return new Shape(
          product.ofA,
          product.ofB,
          product.m,
          product.n,
          product.k,
          product.leftStride,
          product.rightStride,
          product.beta,
          product.outStride);
    }
  }

  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_stream stream = new dnnl_stream();
  private final dnnl_memory left = new dnnl_memory();
  private final dnnl_memory right = new dnnl_memory();
  private final dnnl_memory out = new dnnl_memory();
  private final dnnl_exec_arg_t arguments;
  private final Address leftAt = new Address();
  private final Address rightAt = new Address();
  private final Address outAt = new Address();

  @SuppressWarnings("try") // The scope frees the descriptions, and is never named.
  Matmul(Shape shape) {
    try (PointerScope scope = new PointerScope()) {
      dnnl_memory_desc_t ofLeft =
          matrix(shape.m(), shape.k(), dnnl_bf16, shape.ofA(), shape.leftStride());
      dnnl_memory_desc_t ofRight =
          matrix(shape.k(), shape.n(), dnnl_bf16, shape.ofB(), shape.rightStride());
      dnnl_memory_desc_t ofOut = matrix(shape.m(), shape.n(), dnnl_f32, Op.NONE, shape.outStride());
      create(ofLeft, ofRight, ofOut, shape.beta());
      OneDnn.check(dnnl_memory_create(left, ofLeft, OneDnn.engine(), null), "describe memory");
      OneDnn.check(dnnl_memory_create(right, ofRight, OneDnn.engine(), null), "describe memory");
      OneDnn.check(dnnl_memory_create(out, ofOut, OneDnn.engine(), null), "describe memory");
    }
    OneDnn.check(
        dnnl_stream_create(stream, OneDnn.engine(), dnnl_stream_default_flags), "make a stream");
    this.arguments = new dnnl_exec_arg_t(3);
    arguments.position(0).arg(DNNL_ARG_SRC).memory(left);
    arguments.position(1).arg(DNNL_ARG_WEIGHTS).memory(right);
    arguments.position(2).arg(DNNL_ARG_DST).memory(out);
    arguments.position(0);
  }

  private static dnnl_memory_desc_t matrix(long rows, long columns, int type, Op op, int stride) {
    dnnl_memory_desc_t description = new dnnl_memory_desc_t();
    long[] strides = op == Op.NONE ? new long[] {stride, 1} : new long[] {1, stride};
    OneDnn.check(
        dnnl_memory_desc_init_by_strides(description, 2, new long[] {rows, columns}, type, strides),
        "describe a matrix");
    return description;
  }

  private void create(
      dnnl_memory_desc_t ofLeft, dnnl_memory_desc_t ofRight, dnnl_memory_desc_t ofOut, float beta) {
    dnnl_matmul_desc_t product = new dnnl_matmul_desc_t();
    OneDnn.check(
        dnnl_matmul_desc_init(product, ofLeft, ofRight, null, ofOut), "describe a product");
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    OneDnn.check(dnnl_primitive_attr_create(attributes), "make attributes");
    if (beta != 0) {
      dnnl_post_ops after = new dnnl_post_ops();
      OneDnn.check(dnnl_post_ops_create(after), "make post-operations");
      OneDnn.check(dnnl_post_ops_append_sum(after, beta), "add up");
      OneDnn.check(dnnl_primitive_attr_set_post_ops(attributes, after), "set attributes");
      dnnl_post_ops_destroy(after);
    }
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn.check(
        dnnl_primitive_desc_create(
            description, new const_dnnl_op_desc_t(product), attributes, OneDnn.engine(), null),
        "find code for a product");
    OneDnn.check(dnnl_primitive_create(primitive, description), "compile a product");
    dnnl_primitive_desc_destroy(description);
    dnnl_primitive_attr_destroy(attributes);
  }

  /**
   * Multiplies.
   *
   * @param a where the left factor begins
   * @param b where the right factor begins
   * @param c where the result begins
   */
  void run(long a, long b, long c) {
    set(left, leftAt.at(a));
    set(right, rightAt.at(b));
    set(out, outAt.at(c));
    OneDnn.check(dnnl_primitive_execute(primitive, stream, 3, arguments), "multiply");
  }

  private static void set(dnnl_memory memory, Pointer at) {
    OneDnn.check(dnnl_memory_set_data_handle(memory, at), "set an argument");
  }

  @Override
  public void close() {
    dnnl_stream_destroy(stream);
    dnnl_memory_destroy(left);
    dnnl_memory_destroy(right);
    dnnl_memory_destroy(out);
    dnnl_primitive_destroy(primitive);
    arguments.deallocate();
  }
}
