// The smallest whole program: one supervised actor, cast to and called. Exits 0 when it counted.

#include <chrono>
#include <cstdio>
#include <memory>
#include <troupe/troupe.hpp>

using namespace std::chrono_literals;

struct increment {
  int amount;
};
struct get_count {};

class counter : public troupe::actor {
 public:
  counter() : actor("counter") {}

  auto increment_by(int n) { return casts_.cast(increment{n}); }
  auto get() { return calls_.call(get_count{}); }

 protected:
  troupe::task<troupe::result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(casts_, [this](increment m) { count_ += m.amount; }),
        troupe::on(calls_, [this](get_count) { return count_; }));
  }

 private:
  troupe::cast_inbox<increment> casts_{16};
  troupe::call_inbox<get_count, int> calls_{8};
  int count_ = 0;
};

int main() {
  troupe::runtime rt;
  auto c = std::make_shared<counter>();
  auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{
                  .policy = troupe::restart_policy::permanent,
                  .restart_delay = 1s,
                  .restart_limit = {.max_restarts = 5, .window = 10s},
                  .on_error = [](const troupe::actor&, const troupe::exit_reason&) {},
                  .children = {c},
              });
  rt.spawn(root);
  const troupe::result<> cast = rt.block_on(c->increment_by(32));
  // Casts and calls are two inboxes with no order between them: ask until the cast has arrived.
  troupe::result<int> n = rt.block_on(c->get());
  while (n && *n == 0) n = rt.block_on(c->get());
  rt.shutdown();
  if (!cast || !n || *n != 32) {
    std::fputs("the counter did not count to 32\n", stderr);
    return 1;
  }
}
