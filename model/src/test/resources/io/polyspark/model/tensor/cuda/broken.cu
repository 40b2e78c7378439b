// For the test of what is said where kernels do not compile.
#include "common.cuh"

extern "C" __global__ void broken(float* x) { x[0] = nobody_declares_this; }
