// A crash, and what is left of it: who threw and where; the messages that waited; fresh state.

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <troupe/troupe.hpp>
#include <vector>

using namespace std::chrono_literals;
using troupe::context, troupe::result, troupe::task;

/// Adds up what it is sent. Cannot stand 13.
class adder : public troupe::actor {
 public:
  adder() : actor("adder") {}
  auto add(int n) { return numbers_.cast(n); }
  auto sum() { return questions_.call({}); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(numbers_, [this](int n) { accept(n); }),
                                     troupe::on(questions_, [this](question) { return sum_; }));
  }

 private:
  struct question {};
  void accept(int n) {
    if (n == 13) throw std::invalid_argument("13 brings bad luck");
    sum_ += n;
  }

  troupe::cast_inbox<int> numbers_{16};
  troupe::call_inbox<question, int> questions_{4};
  int sum_ = 0;
};

int main() {
  std::mutex lock;
  std::vector<std::string> crashes;
  const auto note = [&](const troupe::actor& who, const troupe::exit_reason& why) {
    const std::lock_guard held(lock);
    crashes.push_back(fmt::format("{}: {}", who.name(), why.to_string()));
    fmt::print("{} threw in {}\n", who.name(), why.stack().empty() ? "?" : why.stack().front());
  };
  auto lasting = std::make_shared<adder>();  // the object stays, and its sum
  troupe::fresh_child<adder> forgetful([] { return std::make_shared<adder>(); });
  auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.restart_delay = 10ms,
                                         .restart_limit = {.max_restarts = 5, .window = 10s},
                                         .on_error = note,
                                         .children = {lasting, forgetful.spec()}});
  troupe::runtime rt;
  for (adder* one : {lasting.get(), forgetful.handle().get()}) {
    for (const int n : {1, 13, 2, 3}) rt.block_on(one->add(n));  // they wait: nobody runs yet
  }
  rt.spawn(root);
  // Messages through two inboxes have no order, so ask until all have been added.
  const auto sum_is = [&](adder& one, int expected) {
    for (int tries = 0; tries != 1000; ++tries) {
      if (rt.block_on(one.sum()) == expected) return true;
      rt.block_on(troupe::sleep_for(1ms));
    }
    return false;
  };
  const bool kept = sum_is(*lasting, 1 + 2 + 3);
  const bool fresh = sum_is(*forgetful.operator->(), 2 + 3);
  rt.shutdown();
  for (const std::string& one : crashes) fmt::print("{}\n", one);
  const bool told =
      crashes.size() == 2 && crashes[0].find("13 brings bad luck") != std::string::npos;
  fmt::print("kept {} fresh {} told {}\n", kept, fresh, told);
  return kept && fresh && told ? 0 : 1;
}
