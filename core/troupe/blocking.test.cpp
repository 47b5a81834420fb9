// blocking(): work that may block, called beside the workers.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace troupe;

TEST(blocking_test, gives_values_nothing_and_exceptions) {
  runtime rt({.workers = 1});
  EXPECT_EQ(rt.block_on(rt.blocking([] { return 5; })), 5);
  EXPECT_EQ(**rt.block_on(rt.blocking([] { return std::make_unique<int>(6); })), 6);
  bool called = false;
  EXPECT_TRUE(rt.block_on(blocking([&] { called = true; })).has_value());
  EXPECT_TRUE(called);
  EXPECT_THROW(
      static_cast<void>(rt.block_on(blocking([]() -> int { throw std::runtime_error("disk"); }))),
      std::runtime_error);
}

TEST(blocking_test, the_worker_goes_on_meanwhile) {
  runtime rt({.workers = 1});
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::thread::id ran_on;
  auto stuck = rt.spawn([](std::shared_future<void> until, std::thread::id* where) -> task<bool> {
    co_return (co_await blocking([=] {
      *where = std::this_thread::get_id();
      until.wait();
    })).has_value();
  }(opened, &ran_on));
  const auto worker =
      rt.block_on([]() -> task<std::thread::id> { co_return std::this_thread::get_id(); }());
  EXPECT_FALSE(stuck.done());
  gate.set_value();
  EXPECT_EQ(rt.block_on(stuck), true);
  EXPECT_NE(ran_on, worker);
}

TEST(blocking_test, is_refused_where_the_queue_is_full) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> running{0};
  runtime rt({.workers = 1, .blocking_threads = 2, .blocking_queue = 3});
  const auto job = [](std::shared_future<void> until, std::atomic<int>* count) -> task<result<>> {
    co_return co_await blocking([=] {
      ++*count;
      until.wait();
    });
  };
  std::vector<join_handle<result<>>> taken;
  for (int i = 0; i != 2; ++i) taken.push_back(rt.spawn(job(opened, &running)));
  while (running != 2) std::this_thread::yield();
  for (int i = 0; i != 3; ++i) taken.push_back(rt.spawn(job(opened, &running)));
  rt.block_on([]() -> task<> { co_return; }());  // behind the three, on the one worker
  const result<> refused = rt.block_on(job(opened, &running));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::refused);
  EXPECT_TRUE(refused.error().text().contains("blocking_queue")) << refused.error().text();
  gate.set_value();
  for (auto& one : taken) EXPECT_TRUE(rt.block_on(one)->has_value());
  EXPECT_EQ(running, 5);
}

TEST(blocking_test, many_at_once_all_run) {
  std::atomic<int> calls{0};
  runtime rt({.workers = 2, .blocking_threads = 8});
  std::vector<join_handle<bool>> all;
  for (int i = 0; i != 500; ++i) {
    all.push_back(rt.spawn([](std::atomic<int>* count) -> task<bool> {
      co_return (co_await blocking([=] { ++*count; })).has_value();
    }(&calls)));
  }
  for (auto& one : all) EXPECT_EQ(rt.block_on(one), true);
  EXPECT_EQ(calls, 500);
}

}  // namespace
