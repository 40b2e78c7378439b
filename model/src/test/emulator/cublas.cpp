// Of cuBLAS itself the project calls nothing but the text of an error; the bindings of cublasLt are linked with it.
extern "C" const char* cublasLtGetStatusString(int status);

extern "C" __attribute__((visibility("default"))) const char* cublasGetStatusString(int status) {
  return cublasLtGetStatusString(status);
}
