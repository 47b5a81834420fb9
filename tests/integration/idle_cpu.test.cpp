// An idle runtime costs nothing: parked actors, far timers and sleeping workers use no CPU. This
// test alone lets wall time pass: it is what is measured.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;

std::chrono::microseconds cpu_time() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

class parked : public actor {
 public:
  parked() : actor("parked") {}
  call_inbox<int, int> calls{1};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx, on(calls, [](int x) { return x; }), on(every(1h), [] {}));
  }
};

TEST(idle_cpu_test, an_idle_runtime_uses_none) {
  runtime rt({.workers = 4});
  std::vector<std::shared_ptr<parked>> actors;
  std::vector<child_spec> children;
  for (int i = 0; i != 1000; ++i) {
    actors.push_back(std::make_shared<parked>());
    children.emplace_back(actors.back());
  }
  rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = children}));
  for (const auto& one : actors) ASSERT_EQ(rt.block_on(one->calls.call(1)), 1);
  std::this_thread::sleep_for(100ms);  // the watcher goes to sleep
  const auto before = cpu_time();
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(cpu_time() - before, 3ms);
}

}  // namespace
