#pragma once

// JSON text, indented, with members in the order they are written: equal models are equal bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::gen {

/// Writes one value. Keys before each value in an object, none in an array; what is begun must be
/// ended. Strings are UTF-8.
class json_writer {
 public:
  json_writer& begin_object() { return begin('{'); }
  json_writer& end_object() { return end('}'); }
  json_writer& begin_array() { return begin('['); }
  json_writer& end_array() { return end(']'); }
  json_writer& key(std::string_view name);
  json_writer& string(std::string_view text);
  json_writer& number(std::int64_t value);
  json_writer& boolean(bool value);
  json_writer& null();

  /// key() and string() in one.
  json_writer& member(std::string_view name, std::string_view text) {
    return key(name).string(text);
  }

  /// What was written, and a line's end.
  [[nodiscard]] std::string take();

 private:
  json_writer& begin(char bracket);
  json_writer& end(char bracket);
  void before_value();
  void new_line();
  void quote(std::string_view text);

  std::string out_;
  std::size_t depth_ = 0;
  bool is_first_ = true;  // in the object or array
  bool after_key_ = false;
};

}  // namespace troupe::gen
