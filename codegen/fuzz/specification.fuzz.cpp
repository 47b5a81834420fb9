// A libFuzzer program, made in the asan preset. To look for new inputs:
//
//   build/asan/codegen/troupe_gen_fuzz -dict=codegen/fuzz/specification.dict \
//     build/asan/codegen/corpus codegen/fuzz/corpus codegen/golden/accepted
//
// An input that shows a fault goes into fuzz/corpus, with a name that says what it shows.
#include <codegen/fuzz/one_input.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const std::string wrong = troupe::gen::why_wrong(input);
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
