#include <troupe/exit_reason.hpp>

#include <troupe/detail/pooled.hpp>
#include <troupe/internal/throw_site.hpp>

#include <mutex>
#include <typeinfo>
#include <vector>

namespace troupe {

namespace detail {

struct crash {
  explicit crash(std::exception_ptr thrown);

  std::exception_ptr exception;
  internal::captured_stack frames;
  std::string text;

  // Each filled by the first who asks, under its flag.
  mutable std::once_flag named;
  mutable std::string type;
  mutable std::once_flag symbolized;
  mutable std::vector<std::string> stack;
};

}  // namespace detail

namespace {

std::string type_of(const std::exception_ptr& exception) {
  const std::type_info* type = exception.__cxa_exception_type();
  if (type == nullptr) return "exception of unknown type";
  std::string name = internal::demangle(type->name());
  // What libstdc++ adds to some names and nobody writes.
  for (const std::string_view addition : {"__cxx11::", "[abi:cxx11]"}) {
    for (auto at = name.find(addition); at != std::string::npos; at = name.find(addition)) {
      name.erase(at, addition.size());
    }
  }
  return name;
}

/// Finds the std::exception as a catch block would, without the cost of throwing again: half of a
/// restart's. Null: it is none.
const std::exception* as_standard(const std::exception_ptr& exception) noexcept {
  const std::type_info* type = exception.__cxa_exception_type();
  if (type == nullptr || type->__is_pointer_p()) return nullptr;
  // libstdc++: an exception_ptr is one pointer, to the exception object.
  static_assert(sizeof(std::exception_ptr) == sizeof(void*));
  void* object = *reinterpret_cast<void* const*>(&exception);
  constexpr unsigned outermost = 1;  // not behind a pointer
  if (!typeid(std::exception).__do_catch(type, &object, outermost)) return nullptr;
  return static_cast<const std::exception*>(object);
}

std::string text_of(const std::exception_ptr& exception) {
  if (const std::exception* standard = as_standard(exception)) {
    return standard->what() != nullptr ? standard->what() : "";
  }
  try {
    std::rethrow_exception(exception);
  } catch (const error& e) {
    return e.message();
  } catch (const std::string& text) {
    return text;
  } catch (const char* text) {
    return text != nullptr ? text : "";
  } catch (...) {
    return {};
  }
}

// A throw on behalf of somebody (std::vector::at) is reported at the one who asked for it. The
// standard library's own helpers may have no name, only an address.
const std::string* thrower(std::span<const std::string> stack) {
  for (const std::string& line : stack) {
    if (!line.starts_with("std::") && !line.starts_with("0x")) return &line;
  }
  return stack.empty() ? nullptr : &stack.front();
}

}  // namespace

detail::crash::crash(std::exception_ptr thrown)
    : exception(std::move(thrown)),
      frames(internal::find_throw_stack(exception)),
      text(text_of(exception)) {}

exit_reason exit_reason::from_result(const result<>& outcome) noexcept {
  if (outcome.has_value()) return clean();
  const bool was_canceled = outcome.error() == errc::canceled;
  return {was_canceled ? exit_kind::canceled : exit_kind::error, outcome.error(), nullptr};
}

exit_reason exit_reason::from_exception(std::exception_ptr exception) {
  if (exception == nullptr) {
    throw usage_error(
        "exit_reason::from_exception: the exception_ptr is null; call it with what "
        "std::current_exception() gives inside the catch block");
  }
  return {exit_kind::exception, error(), detail::make_pooled<detail::crash>(std::move(exception))};
}

std::exception_ptr exit_reason::exception() const noexcept {
  return crash_ != nullptr ? crash_->exception : nullptr;
}

std::string_view exit_reason::type() const noexcept {
  if (crash_ == nullptr) return {};
  std::call_once(crash_->named, [this] { crash_->type = type_of(crash_->exception); });
  return crash_->type;
}

std::string_view exit_reason::text() const noexcept {
  return crash_ != nullptr ? std::string_view(crash_->text) : error_.text();
}

std::span<const std::string> exit_reason::stack() const {
  if (crash_ == nullptr) return {};
  std::call_once(crash_->symbolized,
                 [this] { crash_->stack = internal::symbolize(crash_->frames.view()); });
  return crash_->stack;
}

std::string exit_reason::to_string() const {
  std::string line(troupe::to_string(kind_));
  if (kind_ == exit_kind::error) line.append(": ").append(error_.message());
  if (kind_ == exit_kind::canceled && !text().empty()) line.append(": ").append(text());
  if (kind_ != exit_kind::exception) return line;
  line.append(" ").append(type());
  if (!text().empty()) line.append(": ").append(text());
  if (const std::string* where = thrower(stack())) line.append(", thrown in ").append(*where);
  return line;
}

}  // namespace troupe
