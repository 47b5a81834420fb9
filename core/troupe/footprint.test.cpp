// What an idle actor takes. The bounds are what was reached when they were written down: whoever
// exceeds one has made every actor of every program larger, and has to want that.
#include <troupe/cast_inbox.hpp>
#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/slab_memory.hpp>
#include <troupe/join_handle.hpp>
#include <troupe/make.hpp>
#include <troupe/serve.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <malloc.h>
#include <cstddef>
#include <memory>

namespace {

using troupe::cast_inbox;
using troupe::context;
using troupe::result;
using troupe::task;

static_assert(sizeof(void*) != 8 || sizeof(troupe::error) == 8);
static_assert(sizeof(void*) != 8 || sizeof(result<>) == 16);
static_assert(sizeof(void*) != 8 || sizeof(troupe::logger) == 8);
static_assert(sizeof(troupe::detail::context_state) <= 40);
static_assert(sizeof(troupe::detail::fiber) <= 136);
static_assert(sizeof(troupe::detail::task_promise<result<>>) <= 16);
static_assert(sizeof(troupe::detail::receive_awaiter<int>) <= 32);
static_assert(sizeof(cast_inbox<int>) <= 48);
static_assert(sizeof(troupe::actor) <= 40);
static_assert(sizeof(troupe::detail::actor_slot) <= 32);
static_assert(sizeof(troupe::detail::join_state<void>) <= 72);

class waits_in_receive : public troupe::actor {
 public:
  waits_in_receive() : actor("idle") {}

 protected:
  task<result<>> run(context) override {
    while (auto got = co_await in_.receive()) {
    }
    co_return result<>();
  }

 private:
  cast_inbox<int> in_{16};
};

class waits_in_serve : public troupe::actor {
 public:
  waits_in_serve() : actor("idle") {}

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in_, [](int) {}));
  }

 private:
  cast_inbox<int> in_{16};
};

// Frames are as small as this only where the compiler optimises, and the heap can only be asked
// where it is glibc's.
#if defined(__OPTIMIZE__) && defined(NDEBUG) && defined(__GLIBC__) && \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
constexpr bool measurable = true;
#else
constexpr bool measurable = false;
#endif

std::size_t heap_in_use() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd + troupe::detail::mapped_slab_bytes();
}

template <class Actor>
double bytes_each() {
  constexpr std::size_t count = 100'000;
  troupe::testing::deterministic_runtime rt(1);
  rt.spawn(std::make_shared<Actor>());
  rt.run_until_idle();
  const std::size_t before = heap_in_use();
  for (std::size_t i = 0; i != count; ++i) {
    rt.spawn(std::make_shared<Actor>());
    rt.run_until_idle();
  }
  return static_cast<double>(heap_in_use() - before) / count;
}

TEST(footprint, of_an_actor_that_waits_in_receive) {
  if (!measurable) GTEST_SKIP() << "not an optimised build on plain glibc";
  EXPECT_LE(bytes_each<waits_in_receive>(), 440);
}

TEST(footprint, of_an_actor_that_waits_in_serve) {
  if (!measurable) GTEST_SKIP() << "not an optimised build on plain glibc";
  EXPECT_LE(bytes_each<waits_in_serve>(), 440);
}

// --- make ---

struct counted {
  explicit counted(int& alive) : alive_(&alive) { ++alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }
  int* alive_;
};

TEST(make, gives_an_object_that_goes_with_its_last_owner) {
  int alive = 0;
  std::shared_ptr<counted> one = troupe::make<counted>(alive);
  const std::shared_ptr<counted> other = one;
  one.reset();
  EXPECT_EQ(alive, 1);
  const std::weak_ptr<counted> seen = other;
  EXPECT_EQ(seen.lock(), other);
}

TEST(make, makes_actors_that_run) {
  troupe::testing::deterministic_runtime rt(1);
  const auto one = troupe::make<waits_in_serve>();
  const auto running = rt.spawn(one);
  rt.run_until_idle();
  EXPECT_FALSE(running.done());
  running.cancel();
  rt.run_until_idle();
  EXPECT_TRUE(running.done());
}

}  // namespace
