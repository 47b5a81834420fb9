#include <troupe/detail/pooled.hpp>
#include <troupe/logger.hpp>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

namespace troupe {

namespace detail {

struct log_target : pooled {
  std::atomic<std::size_t> references{1};
  std::shared_ptr<spdlog::logger> user;
};

void retain(log_target& target) noexcept {
  target.references.fetch_add(1, std::memory_order_relaxed);
}

void release(log_target& target) noexcept {
  // acq_rel pairs with itself: the last release sees every other owner's lines as written.
  if (target.references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &target;
}

}  // namespace detail

namespace {

using buffer = fmt::memory_buffer;

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warn: return spdlog::level::warn;
    case log_level::error: break;
  }
  return spdlog::level::err;
}

void append(buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_plain(std::string_view text) noexcept {
  return !text.empty() && std::ranges::none_of(text, [](char c) {
    return is_control(c) || c == ' ' || c == '"' || c == '\\' || c == '=';
  });
}

void append_escaped(buffer& out, char c) {
  switch (c) {
    case '"': return append(out, "\\\"");
    case '\\': return append(out, "\\\\");
    case '\n': return append(out, "\\n");
    case '\r': return append(out, "\\r");
    case '\t': return append(out, "\\t");
    default: break;
  }
  if (is_control(c)) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  } else {
    out.push_back(c);
  }
}

void append_text(buffer& out, std::string_view text) {
  if (is_plain(text)) return append(out, text);
  out.push_back('"');
  for (const char c : text) append_escaped(out, c);
  out.push_back('"');
}

void append_duration(buffer& out, std::int64_t nanoseconds) {
  struct unit {
    std::uint64_t nanoseconds;
    int digits;
    std::string_view name;
  };
  constexpr std::array<unit, 3> units{
      {{1'000'000'000, 9, "s"}, {1'000'000, 6, "ms"}, {1'000, 3, "us"}}};
  const auto end = std::back_inserter(out);
  if (nanoseconds == 0) return append(out, "0s");
  if (nanoseconds < 0) out.push_back('-');
  auto size = static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) size = 0 - size;
  for (const unit& u : units) {
    if (size < u.nanoseconds) continue;
    fmt::format_to(end, "{}", size / u.nanoseconds);
    if (std::uint64_t rest = size % u.nanoseconds; rest != 0) {
      int digits = u.digits;
      for (; rest % 10 == 0; rest /= 10) --digits;
      fmt::format_to(end, ".{:0{}}", rest, digits);
    }
    return append(out, u.name);
  }
  fmt::format_to(end, "{}ns", size);
}

}  // namespace

struct field_writer {
  static void append(buffer& out, const field& f) {
    const auto& value = f.value_;
    const auto end = std::back_inserter(out);
    out.push_back(' ');
    troupe::append(out, f.key_);
    out.push_back('=');
    switch (f.kind_) {
      case field::kind::boolean: fmt::format_to(end, "{}", value.boolean); break;
      case field::kind::integer: fmt::format_to(end, "{}", value.integer); break;
      case field::kind::natural: fmt::format_to(end, "{}", value.natural); break;
      case field::kind::real: fmt::format_to(end, "{}", value.real); break;
      case field::kind::nanoseconds: append_duration(out, value.integer); break;
      case field::kind::text: append_text(out, {value.text.data, value.text.size}); break;
      case field::kind::code: append_text(out, value.code->message()); break;
      case field::kind::error: append_text(out, value.error->message()); break;
      case field::kind::errc: append_text(out, make_error_code(value.errc).message()); break;
    }
  }
};

logger::logger(std::shared_ptr<spdlog::logger> target) {
  if (!target) return;
  target_ = new detail::log_target;
  target_->user = std::move(target);
}

logger logger::to_stderr(std::string_view name, log_level level) {
  auto target = std::make_shared<spdlog::logger>(std::string(name),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  target->set_level(to_spdlog(level));
  return logger(std::move(target));
}

std::string_view logger::name() const noexcept {
  return target_ != nullptr ? std::string_view(target_->user->name()) : std::string_view();
}

logger logger::make_child(std::string_view name) const {
  std::string whole = target_->user->name();
  if (!whole.empty() && !name.empty()) whole.push_back('.');
  return logger(target_->user->clone(whole.append(name)));
}

bool logger::target_enabled(log_level level) const noexcept {
  return target_->user->should_log(to_spdlog(level));
}

void logger::write(log_level level, std::string_view message,
                   std::initializer_list<field> fields) const {
  buffer line;
  append(line, message);
  for (const field& f : fields) field_writer::append(line, f);
  target_->user->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace troupe
