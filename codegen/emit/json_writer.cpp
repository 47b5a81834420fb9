#include <codegen/emit/json_writer.hpp>

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace troupe::gen {

json_writer& json_writer::begin(char bracket) {
  before_value();
  out_ += bracket;
  ++depth_;
  is_first_ = true;
  return *this;
}

json_writer& json_writer::end(char bracket) {
  --depth_;
  if (!is_first_) new_line();
  out_ += bracket;
  is_first_ = false;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  before_value();
  quote(name);
  out_ += ": ";
  after_key_ = true;
  return *this;
}

json_writer& json_writer::string(std::string_view text) {
  before_value();
  quote(text);
  return *this;
}

json_writer& json_writer::number(std::int64_t value) {
  before_value();
  out_ += std::to_string(value);
  return *this;
}

json_writer& json_writer::boolean(bool value) {
  before_value();
  out_ += value ? "true" : "false";
  return *this;
}

json_writer& json_writer::null() {
  before_value();
  out_ += "null";
  return *this;
}

std::string json_writer::take() {
  out_ += '\n';
  return std::exchange(out_, {});
}

void json_writer::before_value() {
  if (std::exchange(after_key_, false)) return;
  if (!std::exchange(is_first_, false)) out_ += ',';
  if (depth_ > 0) new_line();
}

void json_writer::new_line() {
  out_ += '\n';
  out_.append(2 * depth_, ' ');
}

void json_writer::quote(std::string_view text) {
  out_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

}  // namespace troupe::gen
