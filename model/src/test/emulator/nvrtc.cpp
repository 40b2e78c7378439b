// NVRTC whose compiler is g++: what it gives for a cubin is a shared library that the emulated driver loads.
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#define NVRTC_API extern "C" __attribute__((visibility("default"))) int

namespace {

enum Result { SUCCESS = 0, PROGRAM_CREATION_FAILURE = 2, INVALID_INPUT = 3, INVALID_PROGRAM = 4, COMPILATION = 6 };

constexpr int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

struct Header {
  std::string name;
  std::string text;
};

struct Program {
  std::string name;
  std::string text;
  std::vector<Header> headers;
  std::string log;
  std::string image;
};

// Where this library lies, with the emulated driver and the headers beside it.
std::string own_directory() {
  Dl_info info;
  dladdr(reinterpret_cast<void*>(own_directory), &info);
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string quoted(const std::string& word) {
  return "'" + std::regex_replace(word, std::regex("'"), "'\\''") + "'";
}

// Runs g++ and adds what it says to the log.
bool run(const std::string& arguments, std::string& log) {
  std::FILE* pipe = popen(("LC_ALL=C g++ " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    return false;
  }
  char chunk[4096];
  while (std::size_t bytes = std::fread(chunk, 1, sizeof chunk, pipe)) {
    log.append(chunk, bytes);
  }
  return pclose(pipe) == 0;
}

// The lines that let the driver call each kernel of the preprocessed source.
std::string calls(const std::string& preprocessed) {
  static const std::regex kernel(
      R"x(__attribute__\(\(__externally_visible__, __visibility__\("default"\)\)\)\s*(?:static\s+)?)x"
      R"((?:__attribute__\(\(emulated_launch_bounds\(([^;{]*?)\)\)\)\s*)?void\s+)"
      R"((?:__attribute__\(\(emulated_launch_bounds\(([^;{]*?)\)\)\)\s*)?(\w+)\s*\()");
  std::string lines;
  for (std::sregex_iterator i(preprocessed.begin(), preprocessed.end(), kernel), end; i != end; ++i) {
    std::string name = (*i)[3], bounds = std::string((*i)[1]) + std::string((*i)[2]);
    std::string before = preprocessed.substr(0, i->position());
    std::size_t statement = before.find_last_of(";}");
    bool is_template = before.find("template", statement == std::string::npos ? 0 : statement) != std::string::npos;
    if (is_template || lines.find("emulated_call_" + name + "(") != std::string::npos) {
      continue;
    }
    std::string exported = "extern \"C\" __attribute__((visibility(\"default\"))) ";
    lines += exported + "void emulated_call_" + name + "(void** arguments) { emulation::call(" + name +
             ", arguments); }\n" + exported + "const unsigned* emulated_sizes_" + name + ";\n" +
             "const unsigned* emulated_sizes_" + name + " = emulation::Sizes<decltype(&" + name + ")>::values;\n" +
             exported + "unsigned emulated_largest_block_" + name + ";\n" + "unsigned emulated_largest_block_" + name +
             " = emulation::largest_block(" + bounds + ");\n";
  }
  return lines;
}

// Compiles once; the same source under the same options comes from the cache of an earlier compilation.
bool compile(Program& program, const std::string& directory, const std::string& defines) {
  const std::string own = own_directory();
  for (const Header& header : program.headers) {
    std::size_t slash = header.name.rfind('/');
    if (slash != std::string::npos) {
      std::system(("mkdir -p " + quoted(directory + "/" + header.name.substr(0, slash))).c_str());
    }
    write(directory + "/" + header.name, header.text);
  }
  std::string source = program.name.substr(program.name.rfind('/') + 1);
  write(directory + "/" + source, program.text);
  std::string preprocess = "-std=c++17 -E -x c++ " + defines + "-I" + quoted(directory) +
                           " -I" + quoted(own) + " -include cuda_emulation.h " + quoted(directory + "/" + source) +
                           " -o " + quoted(directory + "/preprocessed");
  if (!run(preprocess, program.log)) {
    return false;
  }
  std::string text = std::regex_replace(read(directory + "/preprocessed"), std::regex(directory + "/"), "");
  text += "\n# 1 \"kernels\"\n" + calls(text);
  std::string cached = own + "/cache/" + std::to_string(std::hash<std::string>()(text)) + ".so";
  program.image = read(cached);
  if (!program.image.empty()) {
    return true;
  }
  std::string complete = directory + "/complete.ii", image = directory + "/image.so";
  write(complete, text);
  std::string flags =
      "-std=c++17 -O2 -march=native -ffp-contract=off -fno-math-errno -fno-strict-aliasing -fno-gnu-unique "
      "-fvisibility=hidden -fdata-sections -fpermissive -w -shared -fPIC -x c++-cpp-output ";
  if (!run(flags + quoted(complete) + " -x none -o " + quoted(image) + " -Wl,-T," + quoted(own + "/shared_memory.ld") +
               " -L" + quoted(own) + " -l:libcuda.so.1 -lm",
           program.log)) {
    return false;
  }
  program.image = read(image);
  mkdir((own + "/cache").c_str(), 0777);
  std::rename(image.c_str(), cached.c_str());
  return true;
}

}  // namespace

NVRTC_API nvrtcVersion(int* major, int* minor) {
  *major = 13;
  *minor = 0;
  return SUCCESS;
}

NVRTC_API nvrtcGetNumSupportedArchs(int* count) {
  *count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
  return SUCCESS;
}

NVRTC_API nvrtcGetSupportedArchs(int* architectures) {
  std::memcpy(architectures, ARCHITECTURES, sizeof ARCHITECTURES);
  return SUCCESS;
}

NVRTC_API nvrtcCreateProgram(Program** program, const char* source, const char* name, int count,
                             const char* const* headers, const char* const* names) {
  if (source == nullptr || count < 0) {
    return INVALID_INPUT;
  }
  auto* created = new Program{name == nullptr || *name == 0 ? "default_program" : name, source, {}, "", ""};
  for (int i = 0; i < count; i++) {
    created->headers.push_back({names[i], headers[i]});
  }
  *program = created;
  return SUCCESS;
}

NVRTC_API nvrtcDestroyProgram(Program** program) {
  if (program == nullptr || *program == nullptr) {
    return INVALID_PROGRAM;
  }
  delete *program;
  *program = nullptr;
  return SUCCESS;
}

NVRTC_API nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  char directory[] = "/tmp/emulated-nvrtc-XXXXXX";
  if (program == nullptr || mkdtemp(directory) == nullptr) {
    return program == nullptr ? INVALID_PROGRAM : PROGRAM_CREATION_FAILURE;
  }
  std::string defines;
  for (int i = 0; i < count; i++) {
    std::string option = options[i];
    if (option.rfind("-D", 0) == 0) {
      defines += quoted(option) + " ";
    } else if (option.rfind("--define-macro=", 0) == 0) {
      defines += quoted("-D" + option.substr(15)) + " ";
    } else if ((option == "-D" || option == "--define-macro") && i + 1 < count) {
      defines += quoted(std::string("-D") + options[++i]) + " ";
    }
  }
  program->log.clear();
  bool compiled = compile(*program, directory, defines);
  program->log = std::regex_replace(program->log, std::regex(std::string(directory) + "/"), "");
  std::system(("rm -rf " + quoted(directory)).c_str());
  return compiled ? SUCCESS : COMPILATION;
}

NVRTC_API nvrtcGetProgramLogSize(Program* program, std::size_t* bytes) {
  *bytes = program->log.size() + 1;
  return SUCCESS;
}

NVRTC_API nvrtcGetProgramLog(Program* program, char* log) {
  std::memcpy(log, program->log.c_str(), program->log.size() + 1);
  return SUCCESS;
}

NVRTC_API nvrtcGetCUBINSize(Program* program, std::size_t* bytes) {
  *bytes = program->image.size();
  return SUCCESS;
}

NVRTC_API nvrtcGetCUBIN(Program* program, char* image) {
  std::memcpy(image, program->image.data(), program->image.size());
  return SUCCESS;
}

NVRTC_API nvrtcGetPTXSize(Program* program, std::size_t* bytes) {
  return nvrtcGetCUBINSize(program, bytes);
}

NVRTC_API nvrtcGetPTX(Program* program, char* image) {
  return nvrtcGetCUBIN(program, image);
}

extern "C" __attribute__((visibility("default"))) const char* nvrtcGetErrorString(int result) {
  switch (result) {
    case SUCCESS:
      return "NVRTC_SUCCESS";
    case PROGRAM_CREATION_FAILURE:
      return "NVRTC_ERROR_PROGRAM_CREATION_FAILURE";
    case INVALID_INPUT:
      return "NVRTC_ERROR_INVALID_INPUT";
    case INVALID_PROGRAM:
      return "NVRTC_ERROR_INVALID_PROGRAM";
    case COMPILATION:
      return "NVRTC_ERROR_COMPILATION";
    default:
      return "NVRTC_ERROR unknown";
  }
}
