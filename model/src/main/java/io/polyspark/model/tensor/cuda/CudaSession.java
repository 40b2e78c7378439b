package io.polyspark.model.tensor.cuda;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.CudaCodes;
import io.polyspark.model.device.CudaException;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;

/**
 * One replica's stream of work on a card, and all memory that it takes there. The card is opened
 * when something is first computed or stored: sizes can be asked for where there is none. Not
 * thread safe; one thread at a time may use it.
 */
final class CudaSession implements Launcher, KernelsSource {
  private final int ordinal;
  private final Dtype dtype;
  private final Map<String, Scratch> scratch = new HashMap<>();
  private final Map<AddressList, Extent> addressLists = new HashMap<>();
  private final List<CudaVector> vectors = new ArrayList<>();
  private Card card;
  private boolean lost;
  private CUstream_st stream;
  private Arguments arguments;
  private Staging staging;
  private MatrixLibrary matrices;
  private long taken;
  private long exchanges;
  private long scratchGrowth;
  private long writes;

  /** Memory of one role, replaced by more where more is asked for. */
  private record Scratch(Extent extent, long bytes) {}

  /** Addresses on the card. */
  private record AddressList(String role, List<Long> values) {}

  /**
   * @param ordinal the card, as CUDA counts those that this process sees
   * @param dtype what products read
   */
  CudaSession(int ordinal, Dtype dtype) {
    this.ordinal = ordinal;
    this.dtype = dtype;
  }

  @Override
  public Kernels create() {
    return new CudaKernels(this);
  }

  @Override
  public Optional<FlatVector> vector(long length) {
    CudaVector vector = new CudaVector(this, length);
    vectors.add(vector);
    return Optional.of(vector);
  }

  /** What products read. */
  Dtype dtype() {
    return dtype;
  }

  /** The type of activations. */
  ElementType activations() {
    return dtype == Dtype.BF16 ? ElementType.BF16 : ElementType.F32;
  }

  /** The card, opened, and made the calling thread's. */
  Card card() {
    if (isLost()) {
      throw new IllegalStateException("The card was lost, and with it all that lay in its memory");
    }
    if (card == null) {
      card = Card.open(ordinal);
    }
    check(card.use(), "cuCtxSetCurrent");
    return card;
  }

  /** The stream of all work. */
  CUstream_st stream() {
    card();
    if (stream == null) {
      CUstream_st created = new CUstream_st();
      check(cudart.cuStreamCreate(created, cudart.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
      stream = created;
    }
    return stream;
  }

  /** The library that multiplies matrices. */
  MatrixLibrary matrices() {
    if (matrices == null) {
      card();
      matrices = new MatrixLibrary(this);
    }
    return matrices;
  }

  @Override
  public void launch(String module, String function, Grid grid, Object... values) {
    if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0) {
      return;
    }
    CUstream_st on = stream();
    if (arguments == null) {
      arguments = new Arguments();
    }
    writes++;
    check(
        cudart.cuLaunchKernel(
            function(module, function, grid.sharedBytes()),
            Math.toIntExact(grid.x()),
            grid.y(),
            grid.z(),
            grid.threads(),
            1,
            1,
            grid.sharedBytes(),
            on,
            arguments.pack(values),
            null),
        "The launch of " + module + "." + function);
  }

  private CUfunc_st function(String module, String name, int sharedBytes) {
    try {
      return card.kernels().function(module, name, sharedBytes);
    } catch (CudaException e) {
      throw told(e);
    }
  }

  @Override
  public CudaTensor scratch(String role, long rows, long columns, ElementType type) {
    return new CudaTensor(room(role, rows * columns * type.bytes()), 0, rows, columns, type);
  }

  @Override
  public CudaIndices scratchIds(String role, int length) {
    return new CudaIndices(room(role, (long) length * Integer.BYTES), 0, length);
  }

  private Extent room(String role, long bytes) {
    Scratch found = scratch.get(role);
    if (found == null || found.bytes() < bytes) {
      if (found != null) {
        // What was launched before may still work in it.
        synchronise();
        found.extent().close();
        scratchGrowth++;
      }
      Extent extent = new Extent(this, "the kernels' own use (" + role + ")");
      extent.plan(Math.max(1, bytes));
      found = new Scratch(extent, bytes);
      scratch.put(role, found);
    }
    return found.extent();
  }

  @Override
  public Argument addresses(String role, long[] values) {
    // Each list stays where it is: a captured graph reads it from there.
    return addressLists.computeIfAbsent(
        new AddressList(role, Arrays.stream(values).boxed().toList()),
        key -> {
          Extent extent = new Extent(this, "lists of addresses");
          extent.plan((long) values.length * Long.BYTES);
          staging().upload(values, extent.address());
          return extent;
        });
  }

  @Override
  public void write(float[] from, CudaTensor into) {
    writes++;
    staging().upload(from, into);
  }

  /** Copies ids to the card. */
  void write(int[] from, CudaIndices into) {
    exchanges++;
    writes++;
    staging().upload(from, into.address());
  }

  @Override
  public void read(CudaTensor from, double[] into) {
    exchanges++;
    staging().download(from, into);
  }

  @Override
  public void read(CudaIndices from, int[] into) {
    exchanges++;
    staging().download(from.address(), into);
  }

  @Override
  public int multiprocessors() {
    return card().multiprocessors();
  }

  /** The way of numbers between the heap and the card. */
  Staging staging() {
    if (staging == null) {
      staging = new Staging(this);
    }
    return staging;
  }

  /** Waits for all that was launched. */
  void synchronise() {
    check(cudart.cuStreamSynchronize(stream()), "cuStreamSynchronize");
  }

  /** How often operations have had numbers from the host, or it has had theirs. */
  long exchanges() {
    return exchanges;
  }

  /** How often memory of scratch has been replaced by more. */
  long scratchGrowth() {
    return scratchGrowth;
  }

  /** Grows with everything that may change what lies in the card's memory. */
  long writes() {
    return writes;
  }

  /** Says that something changes what lies in the card's memory. */
  void writing() {
    writes++;
  }

  /**
   * Takes memory, of zeros.
   *
   * @param purpose for the sentence that says what did not fit
   * @throws UserError if the card has no more
   */
  long take(long bytes, String purpose) {
    CUstream_st on = stream();
    long[] address = new long[1];
    int result = cudart.cuMemAlloc(address, bytes);
    if (result == CudaCodes.OUT_OF_MEMORY) {
      throw UserError.of(
          "GPU %d has no room for %s: %,d MiB are needed beside the %,d MiB that this replica has"
              + " taken, and %,d MiB are free: take a smaller batch or context, recompute: mlp or"
              + " block, or dtype: bf16.",
          ordinal, purpose, mebibytes(bytes), mebibytes(taken), card.freeBytes() >> 20);
    }
    check(result, "cuMemAlloc");
    taken += bytes;
    check(cudart.cuMemsetD8Async(address[0], (byte) 0, bytes, on), "cuMemsetD8Async");
    return address[0];
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  /** Gives memory back; whoever worked in it has been waited for. */
  void giveBack(long address) {
    card();
    check(cudart.cuMemFree(address), "cuMemFree");
  }

  /** Makes the parameters' copies in the products' type anew where parameters have changed. */
  void refreshCopies(CudaElementwise elementwise) {
    vectors.forEach(vector -> vector.rounded().settle(elementwise));
  }

  /** Gives memory back when all that was launched is over. */
  void release(List<Extent> extents) {
    if (!isLost() && extents.stream().anyMatch(Extent::isTaken)) {
      synchronise();
      extents.forEach(Extent::close);
    }
  }

  /** Whether the card is gone, and with it all that was there; another session may have said so. */
  boolean isLost() {
    return lost || (card != null && card.isLost());
  }

  private CudaException told(CudaException failure) {
    if (failure.isLost() && card != null && !lost) {
      lost = true;
      card.abandon();
    }
    return failure;
  }

  /** Leaves the capture that an exception has broken off. */
  void endBrokenCapture() {
    if (!isLost()) {
      try (CUgraph_st graph = new CUgraph_st()) {
        // It says once more what the exception says.
        cudart.cuStreamEndCapture(stream, graph);
      }
    }
  }

  /** Turns a failure into an exception, and gives a lost card up. */
  void check(int result, String call) {
    if (result != CudaCodes.SUCCESS) {
      throw told(Driver.exception(result, call));
    }
  }

  @Override
  public void close() {
    // Where nothing was computed there is nothing; with a lost context all is gone.
    if (stream == null || isLost()) {
      return;
    }
    synchronise();
    vectors.forEach(CudaVector::close);
    scratch.values().forEach(each -> each.extent().close());
    addressLists.values().forEach(Extent::close);
    if (matrices != null) {
      matrices.close();
    }
    if (staging != null) {
      staging.close();
    }
    if (arguments != null) {
      arguments.close();
    }
    check(cudart.cuStreamDestroy(stream), "cuStreamDestroy");
    stream = null;
  }
}
