#include <codegen/diagnostic/diagnostics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace troupe::gen {
namespace {

constexpr std::size_t shown_columns = 120;
constexpr std::size_t shown_of_a_word = 60;

// One code point of `line` as it is shown: what a terminal might act on, or cannot show, is '?'.
std::string_view printable(std::string_view code_point) {
  const auto first = static_cast<unsigned char>(code_point[0]);
  if (first == '\t') return " ";
  if (first < 0x20 || first == 0x7F) return "?";
  if (first >= 0x80 && code_point.size() == 1) return "?";
  if (first == 0xC2 && static_cast<unsigned char>(code_point[1]) < 0xA0) return "?";
  return code_point;
}

std::string printable_range(std::string_view text, std::size_t from, std::size_t count) {
  std::string shown;
  std::string_view rest = skip_code_points(text, from);
  for (; count > 0 && !rest.empty(); --count) {
    const std::string_view after = skip_code_points(rest, 1);
    shown += printable(rest.substr(0, rest.size() - after.size()));
    rest = after;
  }
  return shown;
}

void print(std::string& out, const position& where, std::string_view kind, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{}:{}:{}: {}: {}\n", where.file->path(), where.line,
                 where.column, kind, text);
  const std::string_view line = where.file->line(where.line);
  const std::size_t columns = code_points(line);
  // A long line is shown in part, with some of what stands before the column.
  std::size_t from = 0;
  if (where.column > shown_columns) from = where.column - shown_columns / 2;
  const std::size_t caret = where.column - 1 - from;
  const std::size_t room = columns > where.column - 1 ? columns - (where.column - 1) : 1;
  std::size_t length = std::clamp<std::size_t>(where.length, 1, room);
  length = std::min(length, shown_columns - std::min(caret, shown_columns - 1));
  fmt::format_to(std::back_inserter(out), "{:5} | {}\n      | {:{}}^{:~<{}}\n", where.line,
                 printable_range(line, from, shown_columns), "", caret, "", length - 1);
}

}  // namespace

void diagnostics::error(position where, std::string text, std::vector<note> notes) {
  const bool known = std::ranges::any_of(
      list_, [&](const diagnostic& d) { return d.where == where && d.text == text; });
  if (known) return;
  ++count_;
  if (list_.size() < limit) list_.push_back({where, std::move(text), std::move(notes)});
}

std::string diagnostics::to_string() const {
  std::vector<const source_file*> files;
  for (const diagnostic& d : list_) {
    if (std::ranges::find(files, d.where.file) == files.end()) files.push_back(d.where.file);
  }
  std::vector<const diagnostic*> sorted;
  sorted.reserve(list_.size());
  for (const diagnostic& d : list_) sorted.push_back(&d);
  std::ranges::sort(sorted, {}, [&](const diagnostic* d) {
    // Last of all in the order they were found, which is that of their addresses.
    return std::tuple(std::ranges::find(files, d->where.file), d->where.line, d->where.column, d);
  });

  std::string out;
  for (const diagnostic* d : sorted) {
    print(out, d->where, "error", d->text);
    for (const note& n : d->notes) print(out, n.where, "note", n.text);
  }
  if (count_ > list_.size()) {
    fmt::format_to(std::back_inserter(out), "and {} more errors\n", count_ - list_.size());
  }
  return out;
}

std::string shown(std::string_view found) {
  const bool all = code_points(found) <= shown_of_a_word;
  return fmt::format("'{}{}'", printable_range(found, 0, shown_of_a_word), all ? "" : "...");
}

}  // namespace troupe::gen
