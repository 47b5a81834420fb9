// Run by CompilerProbe.cmake before anything else is built: shows the two coroutine faults that
// some compilers have. Prints one line for each fault found; the exit status is their number.
// It also fails to compile where the library parts that Troupe needs are missing.

#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <expected>
#include <functional>
#include <utility>

namespace {

// Counts what is alive and knows its own address: a bytewise copy or a second destruction shows.
class tracked {
 public:
  tracked() { ++alive; }
  tracked(const tracked&) { ++alive; }
  tracked(tracked&&) noexcept { ++alive; }
  tracked& operator=(const tracked&) = delete;
  tracked& operator=(tracked&&) = delete;
  ~tracked() {
    --alive;
    if (self_ != this) ++misplaced;
  }

  static inline int alive = 0;
  static inline int misplaced = 0;

 private:
  tracked* self_ = this;
};

class task {
 public:
  struct promise_type {
    struct final_awaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
        return h.promise().continuation;
      }
      void await_resume() noexcept {}
    };

    task get_return_object() {
      return task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    final_awaiter final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }

    std::coroutine_handle<> continuation = std::noop_coroutine();
  };

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ~task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  void await_resume() noexcept {}

  void run() { handle_.resume(); }

 private:
  explicit task(std::coroutine_handle<promise_type> h) : handle_(h) {}

  std::coroutine_handle<promise_type> handle_;
};

struct order {
  int id;
  tracked who;
};

task take(order) { co_return; }

task send_orders() {
  for (int i = 0; i < 3; ++i) co_await take(order{.id = i, .who = tracked()});
}

bool destroys_an_aggregate_twice() {
  send_orders().run();
  return tracked::alive != 0 || tracked::misplaced != 0;
}

std::uintptr_t lowest = UINTPTR_MAX;
std::uintptr_t highest = 0;

task note_stack_depth() {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (here < lowest) lowest = here;
  if (here > highest) highest = here;
  co_return;
}

task await_many() {
  for (int i = 0; i < 5000; ++i) co_await note_stack_depth();
}

// 5000 awaits that nest cost hundreds of kilobytes; as tail calls they all run at one depth.
bool grows_the_stack() {
  await_many().run();
  return highest - lowest > 16384;
}

}  // namespace

int main() {
  // Only named, to fail here rather than in a user's build.
  [[maybe_unused]] std::expected<int, int> result = 0;
  [[maybe_unused]] std::move_only_function<void()> function;

  int faults = 0;
  if (destroys_an_aggregate_twice()) {
    std::puts("an aggregate written inside a co_await expression is destroyed twice");
    ++faults;
  }
  if (grows_the_stack()) {
    std::puts("symmetric transfer is not a tail call: a chain of awaits grows the stack");
    ++faults;
  }
  return faults;
}
