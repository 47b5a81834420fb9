// Three stages with bounded inboxes between them: the slowest sets the pace of all, closing the
// first inbox ends them one after the other, and nothing is lost or overtaken.

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <troupe/troupe.hpp>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using troupe::context, troupe::result, troupe::task;

constexpr std::size_t room = 4;

/// Takes from its inbox until that is closed and drained, then closes the next stage's.
class square : public troupe::actor {
 public:
  explicit square(troupe::cast_inbox<long>& to) : actor("square"), to_(to) {}
  troupe::cast_inbox<int> in{room};

 protected:
  task<result<>> run(context ctx) override {
    result<> ended = co_await troupe::serve(ctx, troupe::on(in, [this](int n) -> task<result<>> {
                                              co_return co_await to_.cast(long{n} * n);  // waits
                                            }));
    to_.close();
    co_return ended;
  }

 private:
  troupe::cast_inbox<long>& to_;
};

class collect : public troupe::actor {
 public:
  collect() : actor("collect") {}
  troupe::cast_inbox<long> in{room};
  std::vector<long> got;

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in, [this](long n) -> task<> {
                                       if (n % 100 == 0) co_await troupe::sleep_for(1ms);  // slow
                                       got.push_back(n);
                                     }));
  }
};

int main() {
  auto last = std::make_shared<collect>();
  auto middle = std::make_shared<square>(last->in);
  std::size_t most_ahead = 0;
  auto first = troupe::make_actor("count", [&](context ctx, troupe::logger&) -> task<result<>> {
    for (int n = 0; n != 1000; ++n) {
      // With the context a stop ends the loop also while there is room and nothing has to wait.
      if (auto sent = co_await middle->in.cast(ctx, n); !sent) co_return troupe::fail(sent.error());
      most_ahead = std::max(most_ahead, middle->in.size());
    }
    middle->in.close();
    co_return result<>();
  });
  auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.policy = troupe::restart_policy::transient,
                                         .children = {last, middle, first}});
  troupe::runtime rt;
  rt.spawn(root);
  const result<> ended = rt.block_on(root->wait());  // all three have ended clean
  rt.shutdown();

  bool right = ended && last->got.size() == 1000 && most_ahead <= room;
  for (std::size_t n = 0; right && n != 1000; ++n) right = last->got[n] == static_cast<long>(n * n);
  fmt::print("{} numbers, never more than {} waiting\n", last->got.size(), most_ahead);
  return right ? 0 : 1;
}
