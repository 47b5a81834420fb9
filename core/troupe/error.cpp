#include <troupe/error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>

namespace troupe {

namespace detail {

// The characters follow the header in the same allocation.
struct error_text {
  std::atomic<std::size_t> references{1};
  std::size_t size = 0;
  std::error_code code;

  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
};

namespace {

error_text* make_text(const std::error_code& code, std::string_view text) {
  void* memory = ::operator new(sizeof(error_text) + text.size());
  auto* made = new (memory) error_text;
  made->code = code;
  made->size = text.size();
  std::memcpy(made->data(), text.data(), text.size());
  return made;
}

}  // namespace

void retain(error_text* text) noexcept { text->references.fetch_add(1, std::memory_order_relaxed); }

void release(error_text* text) noexcept {
  // acq_rel pairs with itself: the last release sees every other owner's reads as done.
  if (text->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  text->~error_text();
  ::operator delete(text);
}

}  // namespace detail

namespace {

class troupe_category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "troupe"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::canceled: return "canceled";
      case errc::deadline_exceeded: return "deadline exceeded";
      case errc::inbox_full: return "inbox is full";
      case errc::inbox_closed: return "inbox is closed";
      case errc::no_reply: return "the request was dropped without a reply";
      case errc::call_cycle: return "the wait would be for itself";
      case errc::already_replied: return "the request has already been answered";
      case errc::runtime_stopped: return "the runtime has been shut down";
      case errc::actor_stopped: return "the actor has stopped for good";
      case errc::already_running: return "the actor is already running";
      case errc::restart_limit: return "restart limit exceeded";
      case errc::shutdown_timeout: return "did not stop within the shutdown time";
      case errc::no_target: return "no target to send to";
      case errc::no_value: return "the signal has no value yet";
      case errc::not_found: return "not found";
      case errc::invalid_argument: return "invalid argument";
      case errc::malformed: return "malformed data";
      case errc::refused: return "refused by the peer";
      case errc::disconnected: return "not connected";
      case errc::not_supported: return "not supported";
      case errc::internal: return "internal error in Troupe (please report it)";
    }
    return "unknown troupe error " + std::to_string(value);
  }

  [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::canceled: return std::errc::operation_canceled;
      case errc::deadline_exceeded:
      case errc::shutdown_timeout: return std::errc::timed_out;
      case errc::inbox_full: return std::errc::resource_unavailable_try_again;
      case errc::inbox_closed: return std::errc::broken_pipe;
      case errc::no_reply: return std::errc::connection_aborted;
      case errc::call_cycle: return std::errc::resource_deadlock_would_occur;
      case errc::already_replied:
      case errc::invalid_argument: return std::errc::invalid_argument;
      case errc::runtime_stopped: return std::errc::operation_not_permitted;
      case errc::actor_stopped: return std::errc::no_such_process;
      case errc::already_running: return std::errc::device_or_resource_busy;
      case errc::not_found: return std::errc::no_such_file_or_directory;
      case errc::malformed: return std::errc::bad_message;
      case errc::refused: return std::errc::permission_denied;
      case errc::disconnected: return std::errc::not_connected;
      case errc::not_supported: return std::errc::not_supported;
      case errc::restart_limit:
      case errc::no_target:
      case errc::no_value:
      case errc::internal: break;
    }
    return {value, *this};
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const troupe_category category;
  return category;
}

namespace {

// The categories that errors have been made of, so that an index stands for the pointer. Entries
// are set once and stay; 0 (Troupe's own) and system_index are in no entry.
std::array<std::atomic<const std::error_category*>, 255> known_categories{};

/// 0: there is no room for it.
std::uint32_t index_of(const std::error_category& category) noexcept {
  for (std::uint32_t i = 2; i != known_categories.size(); ++i) {
    const std::error_category* known = known_categories[i].load(std::memory_order_relaxed);
    if (known == nullptr &&
        known_categories[i].compare_exchange_strong(known, &category, std::memory_order_relaxed)) {
      return i;
    }
    if (known == &category) return i;
  }
  return 0;
}

}  // namespace

std::uint64_t error::word_for(const std::error_code& code) noexcept {
  if (code.category() == error_category()) return pack(code.value(), 0);
  if (code.category() == std::system_category()) return pack(code.value(), system_index);
  if (const std::uint32_t index = index_of(code.category())) return pack(code.value(), index);
  return reinterpret_cast<std::uint64_t>(detail::make_text(code, {}));
}

error::error(std::error_code code) noexcept : word_(word_for(code)) {}

error::error(std::error_code code, std::string_view text)
    : word_(text.empty() ? word_for(code)
                         : reinterpret_cast<std::uint64_t>(detail::make_text(code, text))) {}

std::uint64_t error::code_alone(std::uint64_t word) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the caller knows that it is an address
  return word_for(std::error_code(reinterpret_cast<const detail::error_text*>(word)->code));
}

std::error_code error::code() const noexcept {
  if (has_block()) return block()->code;
  const auto category = static_cast<std::uint32_t>(word_) >> 1U;
  const int value = static_cast<int>(word_ >> 32U);
  if (category == 0) return {value, error_category()};
  if (category == system_index) return {value, std::system_category()};
  return {value, *known_categories[category].load(std::memory_order_relaxed)};
}

std::string_view error::text() const noexcept {
  if (!has_block()) return {};
  return {block()->data(), block()->size};
}

std::string error::message() const {
  std::string whole = code().message();
  if (!text().empty()) whole.append(": ").append(text());
  return whole;
}

usage_error::~usage_error() = default;

}  // namespace troupe
