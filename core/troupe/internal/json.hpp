#pragma once

// Writes JSON into a text, in the order it is told, without line breaks.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::internal {

/// Commas and brackets are its own affair; that a value follows each key is the caller's.
class json_writer {
 public:
  template <class Members>
  json_writer& object(Members write_members) {
    begin_value();
    out_ += '{';
    first_ = true;
    write_members();
    out_ += '}';
    first_ = false;
    return *this;
  }
  template <class Range, class Write>
  json_writer& array(const Range& all, Write write_one) {
    begin_value();
    out_ += '[';
    first_ = true;
    for (const auto& one : all) write_one(one);
    out_ += ']';
    first_ = false;
    return *this;
  }
  json_writer& key(std::string_view name) {
    begin_value();
    quote(name);
    out_ += ':';
    first_ = true;  // no comma before its value
    return *this;
  }
  json_writer& text(std::string_view value) {
    begin_value();
    quote(value);
    return *this;
  }
  template <std::integral Number>
  json_writer& number(Number value) {
    begin_value();
    out_ += std::to_string(value);
    return *this;
  }
  json_writer& boolean(bool value) {
    begin_value();
    out_ += value ? "true" : "false";
    return *this;
  }
  [[nodiscard]] std::string text() && { return std::move(out_); }

 private:
  void begin_value() {
    if (!std::exchange(first_, false)) out_ += ',';
  }
  /// Bytes that are no UTF-8 are replaced, so that the whole stays JSON.
  void quote(std::string_view value);

  std::string out_;
  bool first_ = true;
};

}  // namespace troupe::internal
