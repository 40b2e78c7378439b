// Modules, their functions and launches. The image of a module is a shared library that the emulated NVRTC made; for
// every kernel NAME it holds emulated_call_NAME, emulated_sizes_NAME and emulated_largest_block_NAME.
#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "driver.h"

namespace emulation {

namespace {

constexpr unsigned DEFAULT_SHARED_BYTES = 49152;
constexpr unsigned LARGEST_SHARED_BYTES = 232448;
constexpr unsigned MULTIPROCESSOR_SHARED_BYTES = 233472;
constexpr unsigned RESERVED_SHARED_BYTES = 1024;

enum FunctionAttribute { MAX_THREADS = 0, SHARED_BYTES = 1, REGISTERS = 4, MAX_DYNAMIC_SHARED_BYTES = 8 };

struct Function {
  std::string name;
  void (*call)(void** parameters);
  const unsigned* sizes;
  unsigned largest_block;
  unsigned largest_dynamic_shared = DEFAULT_SHARED_BYTES;
  char* shared_begin;
  char* shared_end;
};

struct Module {
  void* library;
  std::map<std::string, Function> functions;
};

std::map<Module*, std::unique_ptr<Module>> modules_;

// A copy of a launch's arguments, as a graph keeps them.
class Arguments {
 public:
  Arguments(const unsigned* sizes, void** parameters) {
    for (int i = 0; sizes[i] != 0; i++) {
      std::size_t bytes = (sizes[i] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      values_.emplace_back(std::aligned_alloc(ALIGNMENT, bytes), std::free);
      std::memcpy(values_.back().get(), parameters[i], sizes[i]);
      pointers_.push_back(values_.back().get());
    }
  }
  void** pointers() { return pointers_.data(); }

 private:
  static constexpr std::size_t ALIGNMENT = 64;
  std::vector<std::shared_ptr<void>> values_;
  std::vector<void*> pointers_;
};

std::size_t image_bytes(const char* image) {
  Elf64_Ehdr header;
  std::memcpy(&header, image, sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_DYN) {
    return 0;
  }
  // The linker writes the table of sections last.
  return header.e_shoff + static_cast<std::size_t>(header.e_shentsize) * header.e_shnum;
}

void* load(const char* image, std::size_t bytes) {
  char path[] = "/tmp/emulated-cuda-module-XXXXXX";
  int file = mkstemp(path);
  if (file < 0) {
    return nullptr;
  }
  bool written = write(file, image, bytes) == static_cast<ssize_t>(bytes);
  close(file);
  void* library = written ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) {
    std::fprintf(stderr, "CUDA emulator: %s\n", dlerror());
  }
  unlink(path);
  return library;
}

bool resolve(Module& module, const std::string& name, Function& function) {
  auto symbol = [&](const std::string& prefix) { return dlsym(module.library, (prefix + name).c_str()); };
  function.name = name;
  function.call = reinterpret_cast<void (*)(void**)>(symbol("emulated_call_"));
  // A kernel without extern "C" would have another name on a card.
  if (function.call == nullptr || symbol("") == nullptr) {
    return false;
  }
  function.sizes = *static_cast<const unsigned**>(symbol("emulated_sizes_"));
  function.largest_block = *static_cast<const unsigned*>(symbol("emulated_largest_block_"));
  function.shared_begin = static_cast<char*>(dlsym(module.library, "emulated_shared_begin"));
  function.shared_end = static_cast<char*>(dlsym(module.library, "emulated_shared_end"));
  return true;
}

int run(const Function& function, Launch launch, void** parameters) {
  launch.parameters = parameters;
  Outcome outcome = execute(launch, current_schedule());
  std::string behind = outcome == Outcome::SUCCESS ? overrun() : "";
  if (!behind.empty()) {
    report("kernel " + function.name + ": " + behind);
    outcome = Outcome::FAILED;
  }
  return outcome == Outcome::SUCCESS ? SUCCESS : outcome == Outcome::FAILED ? LAUNCH_FAILED : ILLEGAL_ADDRESS;
}

}  // namespace

void forget_modules() {
  for (const auto& [module, owned] : modules_) {
    dlclose(module->library);
  }
  modules_.clear();
}

}  // namespace emulation

using namespace emulation;

DRIVER_API cuModuleLoadData(Module** module, const char* image) {
  DRIVER_CALL(CONTEXT);
  std::size_t bytes = image == nullptr ? 0 : image_bytes(image);
  void* library = bytes == 0 ? nullptr : load(image, bytes);
  if (library == nullptr) {
    return INVALID_IMAGE;
  }
  auto loaded = std::make_unique<Module>();
  loaded->library = library;
  *module = loaded.get();
  modules_[loaded.get()] = std::move(loaded);
  return SUCCESS;
}

DRIVER_API cuModuleLoadDataEx(Module** module, const char* image, unsigned, void*, void*) {
  return cuModuleLoadData(module, image);
}

DRIVER_API cuModuleUnload(Module* module) {
  DRIVER_CALL(CONTEXT);
  auto found = modules_.find(module);
  if (found == modules_.end()) {
    return INVALID_HANDLE;
  }
  dlclose(module->library);
  modules_.erase(found);
  return SUCCESS;
}

DRIVER_API cuModuleGetFunction(Function** function, Module* module, const char* name) {
  DRIVER_CALL(CONTEXT);
  if (modules_.count(module) == 0) {
    return INVALID_HANDLE;
  }
  auto found = module->functions.find(name);
  if (found == module->functions.end()) {
    Function resolved;
    if (!resolve(*module, name, resolved)) {
      return NOT_FOUND;
    }
    found = module->functions.emplace(name, resolved).first;
  }
  *function = &found->second;
  return SUCCESS;
}

DRIVER_API cuFuncSetAttribute(Function* function, int attribute, int value) {
  DRIVER_CALL(CONTEXT);
  if (attribute == MAX_DYNAMIC_SHARED_BYTES) {
    if (value < 0 || static_cast<unsigned>(value) > LARGEST_SHARED_BYTES) {
      return INVALID_VALUE;
    }
    function->largest_dynamic_shared = static_cast<unsigned>(value);
  }
  return SUCCESS;
}

// Of a kernel's static shared memory, its registers and its stack the emulator knows nothing.
DRIVER_API cuFuncGetAttribute(int* value, int attribute, Function* function) {
  DRIVER_CALL(CONTEXT);
  switch (attribute) {
    case MAX_THREADS:
      *value = static_cast<int>(function->largest_block);
      break;
    case REGISTERS:
      *value = 32;
      break;
    case MAX_DYNAMIC_SHARED_BYTES:
      *value = static_cast<int>(function->largest_dynamic_shared);
      break;
    default:
      *value = 0;
  }
  return SUCCESS;
}

DRIVER_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* function, int threads,
                                                       std::size_t dynamic_shared) {
  DRIVER_CALL(CONTEXT);
  if (threads <= 0) {
    return INVALID_VALUE;
  }
  bool fits = static_cast<unsigned>(threads) <= function->largest_block &&
              dynamic_shared <= function->largest_dynamic_shared;
  std::size_t by_shared = MULTIPROCESSOR_SHARED_BYTES / (dynamic_shared + RESERVED_SHARED_BYTES);
  *blocks = fits ? static_cast<int>(std::min<std::size_t>({2048u / threads, by_shared, 32u})) : 0;
  return SUCCESS;
}

DRIVER_API cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                          unsigned block_y, unsigned block_z, unsigned shared_bytes, void* stream, void** parameters,
                          void** extra) {
  DRIVER_CALL(CONTEXT);
  count_launch();
  bool valid = grid_x > 0 && grid_y > 0 && grid_z > 0 && grid_x <= 0x7FFFFFFF && grid_y <= 65535 && grid_z <= 65535 &&
               block_x > 0 && block_y > 0 && block_z > 0 && block_x <= 1024 && block_y <= 1024 && block_z <= 64 &&
               block_x * block_y * block_z <= 1024 && shared_bytes <= function->largest_dynamic_shared &&
               extra == nullptr && (parameters != nullptr || function->sizes[0] == 0);
  if (!valid) {
    return INVALID_VALUE;
  }
  if (block_x * block_y * block_z > function->largest_block) {
    return LAUNCH_OUT_OF_RESOURCES;
  }
  Launch launch = {function->name,
                   function->call,
                   nullptr,
                   {grid_x, grid_y, grid_z},
                   {block_x, block_y, block_z},
                   shared_bytes,
                   function->shared_begin,
                   function->shared_end};
  if (!known(stream_of(stream)) || !capturing(stream_of(stream))) {
    return submit(stream_of(stream), Kind::KERNEL, [&] { return run(*function, launch, parameters); });
  }
  auto arguments = std::make_shared<Arguments>(function->sizes, parameters);
  return submit(stream_of(stream), Kind::KERNEL,
                [=] { return run(*function, launch, arguments->pointers()); });
}
