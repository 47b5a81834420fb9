#pragma once

// What is wrong with a specification, collected: everything is reported, not only the first. The
// text of an error says what was found and what was expected.

#include <codegen/diagnostic/source_file.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gen {

/// A second place that an error speaks of, such as the first of two equal keys.
struct note {
  position where;
  std::string text;
};

struct diagnostic {
  position where;
  std::string text;
  std::vector<note> notes = {};
};

class diagnostics {
 public:
  /// How many errors are kept; beyond that they are only counted.
  static constexpr std::size_t limit = 100;

  /// An error met twice (its place is shared by aliases) is kept once.
  void error(position where, std::string text, std::vector<note> notes = {});

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// How many errors there were, those beyond the limit too.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] const std::vector<diagnostic>& list() const noexcept { return list_; }

  /// As compilers print them, file by file and from top to bottom:
  ///
  ///     orders.yml:4:7: error: unknown key ...
  ///         4 |       mesage-type: Order
  ///           |       ^~~~~~~~~~~
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<diagnostic> list_;
  std::size_t count_ = 0;
};

/// `found` between quotes, fit for an error message: shortened, and without control characters.
[[nodiscard]] std::string shown(std::string_view found);

}  // namespace troupe::gen
