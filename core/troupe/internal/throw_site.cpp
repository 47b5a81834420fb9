#include <troupe/internal/throw_site.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <sched.h>
#include <unwind.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <typeinfo>

// The recorder. It stands in one object file with what every program uses (throw_recording_scope),
// so that linking the archive always brings the definition of __cxa_throw in, and that of
// __cxa_free_exception, by which an entry ends when its exception does. The names are in
// throw_symbols.cpp.

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TROUPE_ADDRESS_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TROUPE_ADDRESS_SANITIZER 1
#endif

// Weak, so that with -static-libstdc++ the library's own definition takes its place without a
// complaint (and nothing is recorded). AddressSanitizer's runtime has a weak one too, which would
// win by coming first on the command line: there ours has to be strong.
#ifdef TROUPE_ADDRESS_SANITIZER
extern "C" void __asan_handle_no_return();
#define TROUPE_INTERPOSED __attribute__((visibility("default")))
#else
#define TROUPE_INTERPOSED __attribute__((visibility("default"), weak))
#endif

namespace troupe::internal {
namespace {

using throw_function = void (*)(void*, std::type_info*, void (*)(void*));
using free_function = void (*)(void*);

constinit thread_local bool recording = false;

// One exception's frames. `busy` is the lock: exchange(true, acquire) pairs with
// store(false, release); everything else is touched under it, except that `object` may be read
// without it to see that the slot is none of one's business.
struct slot {
  std::atomic<bool> busy{false};
  std::atomic<void*> object{nullptr};
  captured_stack stack;
};

constexpr std::size_t slot_count = 256;
constinit std::array<slot, slot_count> slots{};

slot& slot_of(void* object) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(object);
  return slots[((address >> 4) * 0x9E3779B97F4A7C15U) >> 56];
}
static_assert(slot_count == 1U << 8, "slot_of takes the upper 8 bits of the hash");

class slot_lock {
 public:
  explicit slot_lock(slot& locked) noexcept : locked_(locked) {
    while (locked_.busy.exchange(true, std::memory_order_acquire)) sched_yield();
  }
  ~slot_lock() { locked_.busy.store(false, std::memory_order_release); }
  slot_lock(const slot_lock&) = delete;
  slot_lock& operator=(const slot_lock&) = delete;

 private:
  slot& locked_;
};

struct walk {
  const void* thrower;  // where __cxa_throw returns to: the frames before it are the recorder's
  captured_stack stack;
  bool found = false;
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* data) {
  auto& so_far = *static_cast<walk*>(data);
  int before_instruction = 0;
  const std::uintptr_t ip = _Unwind_GetIPInfo(context, &before_instruction);
  if (ip == 0) return _URC_END_OF_STACK;
  if (!so_far.found) {
    if (ip != reinterpret_cast<std::uintptr_t>(so_far.thrower)) return _URC_NO_REASON;
    so_far.found = true;
  }
  return so_far.stack.add(ip, before_instruction != 0) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void record(void* object, const void* thrower) noexcept {
  walk walked{.thrower = thrower, .stack = {}, .found = false};
  _Unwind_Backtrace(&visit, &walked);
  slot& taken = slot_of(object);
  const slot_lock lock(taken);
  taken.object.store(object, std::memory_order_relaxed);
  taken.stack = walked.stack;
}

// The next exception at this address, recorded or not, must not inherit the stack.
void forget(void* object) noexcept {
  slot& stale = slot_of(object);
  if (stale.object.load(std::memory_order_relaxed) != object) return;
  const slot_lock lock(stale);
  if (stale.object.load(std::memory_order_relaxed) == object) {
    stale.object.store(nullptr, std::memory_order_relaxed);
  }
}

// The definition that ours stands before.
void* real(const char* name) noexcept {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    std::fprintf(stderr, "troupe: no %s in any shared library; link libstdc++ dynamically\n", name);
    std::abort();
  }
  return found;
}

}  // namespace

throw_recording_scope::throw_recording_scope() noexcept : before_(recording) { recording = true; }

throw_recording_scope::~throw_recording_scope() { recording = before_; }

captured_stack find_throw_stack(const std::exception_ptr& exception) noexcept {
  captured_stack found;
  if (exception == nullptr) return found;
  // libstdc++: an exception_ptr is one pointer, to the exception object.
  static_assert(sizeof(std::exception_ptr) == sizeof(void*));
  void* const object = *reinterpret_cast<void* const*>(&exception);
  slot& wanted = slot_of(object);
  const slot_lock lock(wanted);
  if (wanted.object.load(std::memory_order_relaxed) != object) return found;
  return wanted.stack;
}

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> human(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 && human != nullptr ? std::string(human.get()) : std::string(name);
}

}  // namespace troupe::internal

extern "C" {

#ifndef TROUPE_ADDRESS_SANITIZER
// With -static-libstdc++, naming its neighbour brings the library's own __cxa_throw in (see above).
__attribute__((used)) static auto* const neighbour_of_cxa_throw =
    &__cxxabiv1::__cxa_init_primary_exception;
#endif

TROUPE_INTERPOSED __attribute__((noreturn, noinline)) void __cxa_throw(  //
    void* object, std::type_info* type, void (*destroy)(void*)) {
  using namespace troupe::internal;
  if (recording) record(object, __builtin_return_address(0));
  static const auto forward = reinterpret_cast<throw_function>(real("__cxa_throw"));
#ifdef TROUPE_ADDRESS_SANITIZER
  __asan_handle_no_return();
#endif
#if __has_cpp_attribute(clang::musttail)
  // A jump leaves no frame of ours behind, which the unwinder would have to pass twice: 0.3 us.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-noreturn"
  [[clang::musttail]] return forward(object, type, destroy);
#pragma clang diagnostic pop
#else
  forward(object, type, destroy);
  __builtin_unreachable();
#endif
}

TROUPE_INTERPOSED void __cxa_free_exception(void* object) noexcept {
  using namespace troupe::internal;
  forget(object);
  static const auto forward = reinterpret_cast<free_function>(real("__cxa_free_exception"));
  forward(object);
}

}  // extern "C"
