// Deadlines and cancellation: a context says until when a wait may go on, and every wait below it
// ends with it.

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <troupe/troupe.hpp>

using namespace std::chrono_literals;
using troupe::context, troupe::errc, troupe::result, troupe::task;

struct ask {
  std::chrono::milliseconds work;
};

class oracle : public troupe::actor {
 public:
  oracle() : actor("oracle") {}
  auto answer(const context& ctx, ask question) { return questions_.call(ctx, question); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(questions_, [](ask question) -> task<int> {
                                       co_await troupe::sleep_for(question.work);
                                       co_return 42;
                                     }));
  }

 private:
  troupe::call_inbox<ask, int> questions_{4};
};

static int failures = 0;
static void check(bool holds, const char* what) {
  fmt::print("{} {}\n", holds ? "ok   " : "WRONG", what);
  failures += holds ? 0 : 1;
}

static task<void> consult(std::shared_ptr<oracle> wise) {
  const context here = context::current();
  auto soon = co_await wise->answer(here.with_timeout(10s), ask{1ms});
  check(soon == 42, "an answer in time");
  auto late = co_await wise->answer(here.with_timeout(20ms), ask{100ms});
  check(!late && late.error() == errc::deadline_exceeded, "a deadline ends the call");

  const auto patience = here.with_cancel();
  const context below = patience.with_timeout(10s);  // ends with whichever comes first
  auto canceler = troupe::spawn([](troupe::cancelable_context what) -> task<void> {
    co_await troupe::sleep_for(5ms);
    what.cancel();
  }(patience));
  auto given_up = co_await wise->answer(below, ask{10s});
  check(!given_up && given_up.error() == errc::canceled, "cancellation reaches those below");
  co_await canceler;

  troupe::cast_inbox<int> silent{1};
  auto first = co_await troupe::select(silent, troupe::after(5ms), here.done());
  check(first.index() == 1 && first.get<1>() != nullptr, "select: nothing came within 5 ms");
  co_await silent.cast(7);
  auto second = co_await troupe::select(silent, troupe::after(10s));
  check(second.get<0>() != nullptr && *second.get<0>() == 7, "select: a message came first");
}

int main() {
  auto wise = std::make_shared<oracle>();
  troupe::runtime rt;
  rt.spawn(wise);
  rt.block_on(consult(wise));
  rt.shutdown();
  return failures == 0 ? 0 : 1;
}
