#include <troupe/detail/runtime_services.hpp>

#include <troupe/runtime.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace troupe::detail {
namespace {

std::string log;

template <char Name>
struct service final : runtime_service {
  ~service() override { log += {'~', Name}; }
  void stop() noexcept override { log += {'!', Name}; }
  static std::shared_ptr<runtime_service> make() {
    log += Name;
    return std::make_shared<service>();
  }
};

constexpr int a = 0;
constexpr int b = 0;

TEST(runtime_services, are_made_once_and_stopped_in_reverse) {
  log.clear();
  {
    runtime_services services;
    const auto first = services.find_or_make(&a, service<'a'>::make);
    EXPECT_EQ(services.find_or_make(&a, service<'a'>::make), first);
    EXPECT_NE(services.find_or_make(&b, service<'b'>::make), first);
    EXPECT_EQ(log, "ab");
    EXPECT_FALSE(services.stopped());
    services.stop();
    services.stop();
    EXPECT_TRUE(services.stopped());
    EXPECT_EQ(log, "ab!b!a");
    EXPECT_EQ(services.find_or_make(&a, service<'a'>::make), nullptr);
  }
  EXPECT_EQ(log, "ab!b!a~a~b");
}

TEST(runtime_services, belong_to_one_runtime_and_stop_with_it) {
  log.clear();
  const auto make = [] {
    const auto one = current.sched->services().find_or_make(&a, service<'a'>::make);
    return one != nullptr;
  };
  {
    runtime first({.workers = 1});
    runtime second({.workers = 1});
    const auto use = [](auto body) -> task<bool> { co_return body(); };
    EXPECT_TRUE(first.block_on(use(make)));
    EXPECT_TRUE(first.block_on(use(make)));
    EXPECT_EQ(log, "a");
    EXPECT_TRUE(second.block_on(use(make)));
    EXPECT_EQ(log, "aa");
    first.shutdown();
    EXPECT_EQ(log, "aa") << "the destructor stops it";
  }
  EXPECT_EQ(log, "aa!a~a!a~a");
}

}  // namespace
}  // namespace troupe::detail
