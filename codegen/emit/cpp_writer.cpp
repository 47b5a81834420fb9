#include <codegen/emit/cpp_writer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace troupe::gen {
namespace {

constexpr std::size_t column_limit = 100;

// At most `room` characters, broken behind a space, which stays; one word at least.
std::string_view first_piece(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text;
  std::size_t at = text.rfind(' ', room - 1);
  if (at == std::string_view::npos) at = text.find(' ');
  return at == std::string_view::npos ? text : text.substr(0, at + 1);
}

}  // namespace

std::string string_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void cpp_writer::raw(std::size_t depth, std::string_view text) {
  out_.append(depth, ' ');
  out_ += text;
  out_ += '\n';
}

void cpp_writer::line(std::string_view text) { raw(depth_, text); }

void cpp_writer::comment(std::string_view text, std::string_view comment) {
  while (!text.empty()) {
    const std::string_view piece = first_piece(text, column_limit - depth_ - comment.size());
    std::string_view shown = piece;
    if (shown.ends_with(' ')) shown.remove_suffix(1);
    line(fmt::format("{} {}", comment, shown));
    text.remove_prefix(piece.size());
  }
}

void cpp_writer::call(std::string_view head, std::string_view arguments, std::string_view tail) {
  if (fits(head.size() + arguments.size() + tail.size() + 2)) {
    line(fmt::format("{}({}){}", head, arguments, tail));
    return;
  }
  line(fmt::format("{}(", head));
  raw(depth_ + 4, fmt::format("{}){}", arguments, tail));
}

void cpp_writer::braced_call(std::string_view head, std::span<const std::string> fields,
                             std::string_view tail) {
  const std::string joined = fmt::format("{{{}}}", fmt::join(fields, ", "));
  if (fields.empty() || fits(joined.size() + tail.size() + 5)) {
    call(head, joined, tail);
    return;
  }
  for (const std::string& field : fields) {
    const bool first = &field == &fields.front();
    const std::string end = &field == &fields.back() ? fmt::format("}}){}", tail) : ",";
    if (first) {
      line(fmt::format("{}({{{}{}", head, field, end));
    } else {
      raw(depth_ + head.size() + 2, field + end);
    }
  }
}

void cpp_writer::signature(std::string_view head, std::span<const std::string> parameters,
                           std::string_view tail) {
  const std::string joined = fmt::format("{}", fmt::join(parameters, ", "));
  const std::size_t aligned = head.size() + 1;
  const auto fits_below = [&](const std::string& parameter) {
    return fits(aligned + parameter.size() + 1);
  };
  if (parameters.size() < 2 || fits(aligned + joined.size() + tail.size() + 1) ||
      !std::ranges::all_of(parameters, fits_below) ||
      !fits(aligned + parameters.back().size() + tail.size() + 1)) {
    call(head, joined, tail);
    return;
  }
  line(fmt::format("{}({},", head, parameters.front()));
  for (std::size_t i = 1; i != parameters.size(); ++i) {
    const bool last = i + 1 == parameters.size();
    raw(depth_ + aligned, last ? fmt::format("{}){}", parameters[i], tail) : parameters[i] + ",");
  }
}

void cpp_writer::function(std::string_view head, std::span<const std::string> parameters,
                          std::string_view tail, std::string_view body_head,
                          std::string_view body_arguments, std::string_view body_tail) {
  const std::string whole =
      fmt::format("{}({}){} {{ {}({}){} }}", head, fmt::join(parameters, ", "), tail, body_head,
                  body_arguments, body_tail);
  if (fits(whole.size())) {
    line(whole);
    return;
  }
  signature(head, parameters, fmt::format("{} {{", tail));
  indent();
  call(body_head, body_arguments, body_tail);
  outdent();
  line("}");
}

void cpp_writer::static_assertion(std::string_view condition, std::string_view message) {
  const std::string start = fmt::format("static_assert({}, ", condition);
  const std::string literal = string_literal(message);
  if (fits(start.size() + literal.size() + 2)) {
    line(fmt::format("{}{});", start, literal));
    return;
  }
  constexpr std::size_t aligned = std::string_view("static_assert(").size();
  line(fmt::format("static_assert({},", condition));
  while (!message.empty()) {
    const std::size_t room = column_limit - depth_ - aligned - 2;
    const bool last = message.size() + 2 <= room;
    const std::string_view piece = last ? message : first_piece(message, room);
    message.remove_prefix(piece.size());
    raw(depth_ + aligned, string_literal(piece) + (message.empty() ? ");" : ""));
  }
}

void cpp_writer::if_constexpr(std::string_view condition, std::string_view statement) {
  const std::string whole = fmt::format("if constexpr ({}) {}", condition, statement);
  if (fits(whole.size())) {
    line(whole);
    return;
  }
  line(fmt::format("if constexpr ({})", condition));
  raw(depth_ + 2, statement);
}

void cpp_writer::assignment(std::string_view head, std::string_view value) {
  if (fits(head.size() + value.size() + 3)) {
    line(fmt::format("{} = {}", head, value));
    return;
  }
  line(fmt::format("{} =", head));
  raw(depth_ + 4, value);
}

void cpp_writer::alias(std::string_view name, std::string_view target, std::string_view arguments) {
  const std::string start = fmt::format("using {} = {}", name, target);
  if (arguments.empty() || fits(start.size() + arguments.size() + 3)) {
    line(arguments.empty() ? start + ";" : fmt::format("{}<{}>;", start, arguments));
    return;
  }
  line(start + "<");
  raw(depth_ + 4, fmt::format("{}>;", arguments));
}

void cpp_writer::constructor(std::string_view signature,
                             std::span<const std::string> initialisers) {
  if (initialisers.empty()) {
    line(fmt::format("{} {{}}", signature));
    return;
  }
  const std::string joined = fmt::format("{}", fmt::join(initialisers, ", "));
  if (fits(signature.size() + joined.size() + 6)) {
    line(fmt::format("{} : {} {{}}", signature, joined));
    return;
  }
  line(signature);
  if (fits(joined.size() + 9)) {
    raw(depth_ + 4, fmt::format(": {} {{}}", joined));
    return;
  }
  for (std::size_t i = 0; i != initialisers.size(); ++i) {
    const bool last = i + 1 == initialisers.size();
    raw(depth_ + 4,
        fmt::format("{} {}{}", i == 0 ? ":" : " ", initialisers[i], last ? " {}" : ","));
  }
}

}  // namespace troupe::gen
