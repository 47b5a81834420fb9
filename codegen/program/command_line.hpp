#pragma once

// What the generator is asked to do.

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gen {

enum class task : std::uint8_t { generate, check, help, version, lint, dump_model, schema };

struct command_line {
  gen::task task = gen::task::help;
  std::vector<std::string> files;
  /// Where to write what a header is made from, for make and ninja; empty: nowhere.
  std::string depfile;
};

/// `arguments` are without the program's name. The error says what is wrong with them.
[[nodiscard]] std::expected<command_line, std::string> read_command_line(
    std::span<const std::string_view> arguments);

[[nodiscard]] std::string_view help_text() noexcept;

}  // namespace troupe::gen
