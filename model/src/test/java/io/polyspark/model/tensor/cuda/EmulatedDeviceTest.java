package io.polyspark.model.tensor.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.polyspark.model.tensor.NewJvm;
import io.polyspark.model.tensor.cuda.EmulatedDevice.Schedule;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What tests of kernels rely on: the emulated device computes what CUDA's would and refuses what
 * CUDA's would.
 */
class EmulatedDeviceTest {
  private static final String KERNELS =
      """
      #include "sums.cuh"

      extern "C" __global__ void __launch_bounds__(256) axpy(const float* x, float* y, float a, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) {
          y[i] = __fmaf_rn(a, x[i], y[i]);
        }
      }

      extern "C" __global__ void sum(const float* x, float* y) {
        float total = block_sum(x[blockIdx.x * blockDim.x + threadIdx.x]);
        if (threadIdx.x == 0) {
          y[blockIdx.x] = total;
        }
      }

      extern "C" __global__ void reversed(const float* x, float* y) {
        DYNAMIC_SHARED(float, tile);
        tile[threadIdx.x] = x[threadIdx.x];
      #ifdef WITH_BARRIER
        __syncthreads();
      #endif
        y[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
      }

      extern "C" __global__ void product(const unsigned short* a, const unsigned short* b, float* d) {
        __shared__ alignas(16) unsigned short tile_a[16][16], tile_b[16][8];
        int lane = threadIdx.x;
        copy_async_16(&tile_a[lane / 2][lane % 2 * 8], a + lane * 8);
        copy_async_16_or_zero(&tile_b[lane % 16][0], b + lane % 16 * 8, true);
        copy_async_commit();
        copy_async_wait<0>();
        __syncwarp();
        unsigned fragment_a[4], fragment_b[2];
        float sums[4] = {};
        ldmatrix_x4(fragment_a, &tile_a[lane % 16][lane / 16 * 8]);
        ldmatrix_x2_trans(fragment_b, &tile_b[lane % 16][0]);
        mma_bf16(sums, fragment_a, fragment_b);
        for (int i = 0; i < 4; i++) {
          d[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = sums[i];
        }
      }

      extern "C" __global__ void product_tf32(const float* a, const float* b, float* d) {
        int group = threadIdx.x / 4, within = threadIdx.x % 4;
        unsigned fragment_a[4], fragment_b[2];
        float sums[4] = {};
        for (int i = 0; i < 4; i++) {
          fragment_a[i] = __float_as_uint(a[(group + i % 2 * 8) * 8 + within + i / 2 * 4]);
        }
        for (int i = 0; i < 2; i++) {
          fragment_b[i] = __float_as_uint(b[(within + i * 4) * 8 + group]);
        }
        mma_tf32(sums, fragment_a, fragment_b);
        for (int i = 0; i < 4; i++) {
          d[(group + i / 2 * 8) * 8 + within * 2 + i % 2] = sums[i];
        }
      }

      extern "C" __global__ void early_copy(const float* x, float* y) {
        __shared__ float4 tile[32];
        copy_async_16(&tile[threadIdx.x], x + threadIdx.x * 4);
        copy_async_commit();
        y[threadIdx.x] = tile[threadIdx.x].x;
      }

      extern "C" __global__ void half_at_barrier(const float* x, float* y) {
        if (threadIdx.x < 32) {
          __syncthreads();
        } else {
          y[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFF, x[threadIdx.x], 1);
          __syncthreads();
        }
      }

      extern "C" __global__ void behind(const float* x, float* y) {
        y[threadIdx.x + blockDim.x] = 1;
      }

      extern "C" __global__ void nowhere(const float* x, float* y) {
        *reinterpret_cast<volatile float*>(64) = x[threadIdx.x];
      }
      """;

  private static final String SUMS =
      """
      template <typename T>
      __device__ T block_sum(T value) {
        __shared__ T parts[32];
        for (int offset = 16; offset > 0; offset /= 2) {
          value += __shfl_xor_sync(0xFFFFFFFFu, value, offset);
        }
        if (threadIdx.x % 32 == 0) {
          parts[threadIdx.x / 32] = value;
        }
        __syncthreads();
        T total = 0;
        for (int i = 0; i < blockDim.x / 32; i++) {
          total += parts[i];
        }
        return total;
      }
      """;

  private static EmulatedProgram program;
  private static CUstream_st stream;

  @BeforeAll
  static void compile() {
    EmulatedDevice.load();
    program = new EmulatedProgram(KERNELS, "sums.cuh", SUMS, "-DWITH_BARRIER=1");
    stream = program.newStream();
  }

  @AfterAll
  static void close() {
    if (program != null) {
      program.close();
    }
  }

  @AfterEach
  void restore() {
    EmulatedDevice.schedule(Schedule.FORWARD);
    EmulatedDevice.recover();
  }

  @Test
  void aKernelComputes() {
    float[] x = random(1000, 1);
    float[] y = random(1000, 2);
    long deviceX = program.upload(x);
    long deviceY = program.upload(y);
    program.launch("axpy", 4, 256, 0, stream, deviceX, deviceY, 0.5f, 1000);
    float[] expected = new float[1000];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Math.fma(0.5f, x[i], y[i]);
    }
    assertThat(program.download(deviceY, 1000)).isEqualTo(expected);
  }

  @Test
  void warpsAndBarriersGiveTheSameSumUnderEverySchedule() {
    float[] x = random(4 * 192, 3);
    long deviceX = program.upload(x);
    float[] first = null;
    for (Schedule schedule : Schedule.values()) {
      EmulatedDevice.schedule(schedule);
      long deviceY = program.allocate(4);
      program.launch("sum", 4, 192, 0, stream, deviceX, deviceY);
      float[] sums = program.download(deviceY, 4);
      for (int block = 0; block < 4; block++) {
        double expected = 0;
        for (int i = 0; i < 192; i++) {
          expected += x[block * 192 + i];
        }
        assertThat((double) sums[block]).isCloseTo(expected, offset(1e-5));
      }
      first = first == null ? sums : first;
      assertThat(sums).isEqualTo(first);
    }
  }

  @Test
  void aMissingBarrierShows() {
    float[] x = random(64, 4);
    long deviceX = program.upload(x);
    try (EmulatedProgram racy = new EmulatedProgram(KERNELS, "sums.cuh", SUMS)) {
      for (Schedule schedule : Schedule.values()) {
        EmulatedDevice.schedule(schedule);
        long right = program.allocate(64);
        long wrong = program.allocate(64);
        program.launch("reversed", 1, 64, 64 * Float.BYTES, stream, deviceX, right);
        racy.launch("reversed", 1, 64, 64 * Float.BYTES, stream, deviceX, wrong);
        float[] expected = new float[64];
        for (int i = 0; i < 64; i++) {
          expected[i] = x[63 - i];
        }
        assertThat(program.download(right, 64)).isEqualTo(expected);
        assertThat(program.download(wrong, 64)).isNotEqualTo(expected).contains(Float.NaN);
      }
    }
  }

  @Test
  void aGraphReplaysWhatItsCaptureRecorded() {
    long x = program.upload(new float[] {1, 2, 3});
    long y = program.upload(new float[] {10, 20, 30});
    EmulatedProgram.check(
        cudart.cuStreamBeginCapture(stream, cudart.CU_STREAM_CAPTURE_MODE_GLOBAL));
    program.launch("axpy", 1, 32, 0, stream, x, y, 2f, 3);
    EmulatedProgram.check(cudart.cuMemsetD32Async(x, Float.floatToIntBits(5), 3, stream));
    CUgraph_st graph = new CUgraph_st();
    EmulatedProgram.check(cudart.cuStreamEndCapture(stream, graph));
    assertThat(program.download(y, 3)).containsExactly(10, 20, 30);

    CUgraphExec_st executable = new CUgraphExec_st();
    EmulatedProgram.check(cudart.cuGraphInstantiate(executable, graph, 0));
    EmulatedProgram.check(cudart.cuGraphDestroy(graph));
    EmulatedProgram.check(cudart.cuGraphLaunch(executable, stream));
    EmulatedProgram.check(cudart.cuStreamSynchronize(stream));
    assertThat(program.download(y, 3)).containsExactly(12, 24, 36);
    EmulatedProgram.check(cudart.cuGraphLaunch(executable, stream));
    assertThat(program.download(y, 3)).containsExactly(22, 34, 46);
    EmulatedProgram.check(cudart.cuGraphExecDestroy(executable));
  }

  @Test
  void aCaptureRefusesToWait() {
    long x = program.upload(new float[] {1});
    EmulatedProgram.check(
        cudart.cuStreamBeginCapture(stream, cudart.CU_STREAM_CAPTURE_MODE_GLOBAL));
    assertThat(cudart.cuMemcpyDtoH(new FloatPointer(1), x, 4))
        .isEqualTo(cudart.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    assertThat(cudart.cuStreamSynchronize(stream))
        .isEqualTo(cudart.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    assertThat(cudart.cuStreamEndCapture(stream, new CUgraph_st()))
        .isEqualTo(cudart.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EmulatedProgram.check(cudart.cuStreamSynchronize(stream));
  }

  @Test
  void fragmentsLieAsThePtxManualSays() {
    float[] a = random(16 * 16, 5);
    float[] b = random(16 * 8, 6);
    for (float[] each : new float[][] {a, b}) {
      for (int i = 0; i < each.length; i++) {
        each[i] = Float.intBitsToFloat(Float.floatToIntBits(each[i]) & 0xFFFF0000);
      }
    }
    long d = program.allocate(16 * 8);
    program.launch("product", 1, 32, 0, stream, program.uploadBf16(a), program.uploadBf16(b), d);
    assertClose(program.download(d, 128), multiply(a, b, 16, 16, 8));

    float[] narrowA = Arrays.copyOf(a, 16 * 8);
    float[] narrowB = Arrays.copyOf(b, 8 * 8);
    program.launch(
        "product_tf32", 1, 32, 0, stream, program.upload(narrowA), program.upload(narrowB), d);
    assertClose(program.download(d, 128), multiply(narrowA, narrowB, 16, 8, 8));
  }

  @Test
  void anAsynchronousCopyIsNotThereBeforeItIsWaitedFor() {
    long y = program.allocate(32);
    program.launch("early_copy", 1, 32, 0, stream, program.upload(random(128, 7)), y);
    assertThat(program.download(y, 32)).containsOnly(Float.NaN);
  }

  @Test
  void cublasLtMultipliesAsPlainLoopsDo() {
    int m = 70;
    int n = 37;
    int k = 53;
    float[] a = random(m * k, 8);
    float[] b = random(k * n, 9);
    long d = program.allocate((long) m * n);
    // Row-major a times b is, column-major, the transposed product of b and a.
    EmulatedProgram.multiply(stream, n, m, k, program.upload(b), program.upload(a), d);
    assertClose(program.download(d, m * n), multiply(a, b, m, k, n));
  }

  @Test
  void aFailedLaunchSaysWhatWasWrong() {
    long x = program.upload(random(64, 10));
    long y = program.allocate(64);
    assertThatThrownBy(() -> program.launch("half_at_barrier", 1, 64, 0, stream, x, y))
        .hasMessageContaining("half_at_barrier")
        .hasMessageContaining("not all threads arrive");
    assertThatThrownBy(() -> program.launch("behind", 1, 64, 0, stream, x, y))
        .hasMessageContaining("wrote behind an allocation of 256 bytes");
    assertThatThrownBy(() -> program.launch("nowhere", 1, 64, 0, stream, x, y))
        .hasMessageContaining("illegal or misaligned access at address 0x40");
    assertThatThrownBy(() -> program.launch("axpy", 1, 512, 0, stream, x, y, 1f, 64))
        .hasMessageContaining("too many resources");
    assertThatThrownBy(() -> program.launch("reversed", 1, 64, 49153, stream, x, y))
        .hasMessageContaining("invalid argument");
    program.launch("axpy", 1, 64, 0, stream, x, y, 1f, 64);
  }

  @Test
  void aCompilersComplaintIsInTheLog() {
    assertThatThrownBy(
            () -> new EmulatedProgram("extern \"C\" __global__ void f() { g(); }", "sums.cuh", ""))
        .hasMessageContaining("NVRTC_ERROR_COMPILATION")
        .hasMessageContaining("'g' was not declared");
    assertThatThrownBy(
            () ->
                new EmulatedProgram(
                    "extern \"C\" __global__ void f(float* x) { atomicAdd(x, 1.0f); }",
                    "sums.cuh",
                    ""))
        .hasMessageContaining("atomicAdd");
  }

  @Test
  void aLostDeviceAnswersEveryCallWithItsError() {
    long x = program.upload(new float[] {1});
    EmulatedDevice.loseAfter(1);
    program.launch("axpy", 1, 32, 0, stream, x, x, 1f, 1);
    assertThat(cudart.cuStreamSynchronize(stream)).isEqualTo(cudart.CUDA_ERROR_ECC_UNCORRECTABLE);
    assertThat(cudart.cuMemFree(x)).isEqualTo(cudart.CUDA_ERROR_ECC_UNCORRECTABLE);
    EmulatedDevice.recover();
    EmulatedProgram.check(cudart.cuStreamSynchronize(stream));
  }

  @Test
  void aCaptureFollowsEventsToOtherStreams() {
    long x = program.upload(new float[] {1});
    long y = program.upload(new float[] {2});
    CUstream_st other = program.newStream();
    CUevent_st event = new CUevent_st();
    EmulatedProgram.check(cudart.cuEventCreate(event, cudart.CU_EVENT_DISABLE_TIMING));
    EmulatedProgram.check(
        cudart.cuStreamBeginCapture(stream, cudart.CU_STREAM_CAPTURE_MODE_GLOBAL));
    EmulatedProgram.check(cudart.cuEventRecord(event, stream));
    EmulatedProgram.check(cudart.cuStreamWaitEvent(other, event, 0));
    program.launch("axpy", 1, 32, 0, other, x, y, 1f, 1);
    assertThat(cudart.cuStreamEndCapture(stream, new CUgraph_st()))
        .isEqualTo(cudart.CUDA_ERROR_STREAM_CAPTURE_UNJOINED);

    EmulatedProgram.check(
        cudart.cuStreamBeginCapture(stream, cudart.CU_STREAM_CAPTURE_MODE_GLOBAL));
    EmulatedProgram.check(cudart.cuEventRecord(event, stream));
    EmulatedProgram.check(cudart.cuStreamWaitEvent(other, event, 0));
    program.launch("axpy", 1, 32, 0, other, x, y, 1f, 1);
    EmulatedProgram.check(cudart.cuEventRecord(event, other));
    EmulatedProgram.check(cudart.cuStreamWaitEvent(stream, event, 0));
    CUgraph_st graph = new CUgraph_st();
    EmulatedProgram.check(cudart.cuStreamEndCapture(stream, graph));
    assertThat(program.download(y, 1)).containsExactly(2);
    EmulatedProgram.check(cudart.cuGraphDestroy(graph));
    EmulatedProgram.check(cudart.cuEventDestroy(event));
    EmulatedProgram.check(cudart.cuStreamDestroy(other));
  }

  @Test
  void anotherProcessFindsTheDeviceByItsLibraryPath() throws Exception {
    String directory = EmulatedDevice.directory().toString();
    assertThat(
            new NewJvm()
                .environment("LD_LIBRARY_PATH", directory)
                .environment("EMULATED_CUDA_CAPABILITY", "8.0")
                .environment("EMULATED_CUDA_MEMORY", "1048576")
                .run(PrintDevice.class))
        .contains("capability 8.0, 1048576 bytes");
    Process listing =
        new ProcessBuilder(
                directory + "/nvidia-smi",
                "--query-gpu=index,driver_version,compute_cap,name",
                "--format=csv,noheader,nounits")
            .start();
    assertThat(new String(listing.getInputStream().readAllBytes(), UTF_8))
        .isEqualTo("0, 580.65.06, 9.0, Emulated CUDA device\n");
  }

  /** Says what device the bindings find. */
  static final class PrintDevice {
    public static void main(String[] arguments) {
      EmulatedProgram.check(cudart.cuInit(0));
      int[] major = new int[1];
      int[] minor = new int[1];
      EmulatedProgram.check(
          cudart.cuDeviceGetAttribute(
              major, cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0));
      EmulatedProgram.check(
          cudart.cuDeviceGetAttribute(
              minor, cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0));
      try (SizeTPointer bytes = new SizeTPointer(1)) {
        EmulatedProgram.check(cudart.cuDeviceTotalMem(bytes, 0));
        System.out.println(
            "capability " + major[0] + "." + minor[0] + ", " + bytes.get() + " bytes");
      }
    }
  }

  @Test
  void memoryIsCounted() {
    long[] free = new long[1];
    long[] total = new long[1];
    try (SizeTPointer freeBytes = new SizeTPointer(1);
        SizeTPointer totalBytes = new SizeTPointer(1)) {
      EmulatedProgram.check(cudart.cuMemGetInfo(freeBytes, totalBytes));
      free[0] = freeBytes.get();
      total[0] = totalBytes.get();
    }
    assertThat(total[0]).isEqualTo(8L << 30);
    long[] pointer = new long[1];
    assertThat(cudart.cuMemAlloc(pointer, free[0] + 1)).isEqualTo(cudart.CUDA_ERROR_OUT_OF_MEMORY);
    EmulatedProgram.check(cudart.cuMemAlloc(pointer, free[0]));
    assertThat(program.download(pointer[0] + free[0] - 4, 1)).containsOnly(Float.NaN);
    assertThat(cudart.cuMemcpyDtoH(new FloatPointer(2), pointer[0] + free[0] - 4, 8))
        .isEqualTo(cudart.CUDA_ERROR_INVALID_VALUE);
    EmulatedProgram.check(cudart.cuMemFree(pointer[0]));
  }

  private static float[] random(int length, long seed) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  /** The product of row-major a (m, k) and b (k, n). */
  private static double[] multiply(float[] a, float[] b, int m, int k, int n) {
    double[] d = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int inner = 0; inner < k; inner++) {
          d[i * n + j] += (double) a[i * k + inner] * b[inner * n + j];
        }
      }
    }
    return d;
  }

  private static void assertClose(float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as("element %d", i).isCloseTo(expected[i], offset(1e-5));
    }
  }
}
