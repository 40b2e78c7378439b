// What a kernel compiled for the emulator and the emulator's scheduler know of each other. Includes nothing: kernels see
// no header of the C library, as under NVRTC.
#pragma once

struct uint3 {
  unsigned x, y, z;
};

// The part of a thread's state that kernels read.
struct EmulatedThread {
  uint3 index;
};

enum EmulatedBarrier { BARRIER_PLAIN, BARRIER_OR, BARRIER_AND, BARRIER_COUNT };

// Computes a warp operation once all its lanes have arrived: arguments holds, by lane, what each of them passed, and null
// for lanes that take no part.
using EmulatedWarpOperation = void (*)(void** arguments);

#define EMULATED_API extern "C" __attribute__((visibility("default")))

EMULATED_API EmulatedThread* emulated_thread;
EMULATED_API uint3 emulated_block_index, emulated_block_size, emulated_grid_size;

// Waits for all live threads of the block; gives the or, the and or the count of the predicates.
EMULATED_API int emulated_barrier(EmulatedBarrier kind, int predicate, int line);
// Waits for the live lanes of the mask, the last of which computes the operation.
EMULATED_API void emulated_warp(unsigned mask, void* argument, EmulatedWarpOperation operation, const char* name, int line);
// The lanes of this warp that have not returned.
EMULATED_API unsigned emulated_live_lanes();
EMULATED_API unsigned emulated_lane();
EMULATED_API void* emulated_dynamic_shared();
// Copies 16 bytes (or sets them to zero) when the thread waits for them; until then the target holds NaNs.
EMULATED_API void emulated_copy_async(void* target, const void* source, bool valid, int line);
EMULATED_API void emulated_copy_commit();
EMULATED_API void emulated_copy_wait(int groups_left);
EMULATED_API long long emulated_clock();
// Ends the launch with an error.
EMULATED_API [[noreturn]] void emulated_fail(const char* message, int line);
