#include <codegen/program/program.hpp>

#include <iostream>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(
      troupe::gen::run_program(arguments, troupe::gen::real_files(), std::cout, std::cerr));
}
