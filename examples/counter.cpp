// The shortest whole program: an actor, its supervisor, and a conversation with it.

#include <chrono>
#include <cstdio>
#include <memory>

// clang-format off
// [counter]
#include <troupe/troupe.hpp>
using namespace std::chrono_literals;

struct increment { int amount; };
struct get_count {};

class counter : public troupe::actor {
 public:
  counter() : actor("counter") {}

  auto increment_by(int n) { return casts_.cast(increment{n}); }     // awaitable -> result<>
  auto get()               { return calls_.call(get_count{}); }      // awaitable -> result<int>

 protected:
  troupe::task<troupe::result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx,
        troupe::on(casts_, [this](increment m) { count_ += m.amount; }),
        troupe::on(calls_, [this](get_count) { return count_; }));   // what it returns is the reply
  }

 private:
  troupe::cast_inbox<increment> casts_{16};
  troupe::call_inbox<get_count, int> calls_{8};
  int count_ = 0;
};

int main() {
  troupe::runtime rt;                                                // workers = cores
  auto c = std::make_shared<counter>();
  auto root = std::make_shared<troupe::supervisor>("root", troupe::supervisor_options{
      .policy = troupe::restart_policy::permanent,
      .restart_delay = 1s,
      .restart_limit = {.max_restarts = 5, .window = 10s},
      .on_error = [](const troupe::actor& a, const troupe::exit_reason& why) {
        std::fprintf(stderr, "%s: %s\n", a.name().c_str(), why.to_string().c_str());
      },
      .children = {c},
  });
  rt.spawn(root);
  rt.block_on(c->increment_by(32));
  troupe::result<int> n = rt.block_on(c->get());
  rt.shutdown();                                                     // cancels, then waits
  std::printf("count: %d\n", n.value_or(-1));
  return n == 32 ? 0 : 1;
}
// [counter]
