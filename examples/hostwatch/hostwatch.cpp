// hostwatch: watches the machine it runs on, with a tree of actors that heals itself.
//   root ─┬─ probes ── cpu, memory, network, disk, process: signals, measured in /proc
//         ├─ host      knows of the probes and of incidents, and answers who asks
//         ├─ job       runs a child process that ends badly now and then
//         └─ printer   asks host once a second, and draws

#include <signal.h>
#include <sys/wait.h>

#include <troupe/troupe.hpp>

#include "machine.hpp"

using namespace std::chrono_literals;
using troupe::context, troupe::fail, troupe::logger, troupe::result, troupe::task;

static bool chaos = false, draws = false, as_json = false;  // set before anything runs

static void roll_dice() {
  if (chaos && std::rand() % 8 == 0) throw std::runtime_error("chaos");
}

using probe = troupe::periodic_signal<rows>;

static std::shared_ptr<probe> make_probe(const std::string& source) {
  const auto [counted, read] = sources.at(source);
  auto measure = [=, last = read(), then = std::chrono::steady_clock::now()]() mutable {
    roll_dice();  // if it throws, the probe starts anew, and what it showed last stays
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> passed = now - std::exchange(then, now);
    return rates(counted, last, read(), passed.count());
  };
  return std::make_shared<probe>(source, measure, 500ms);
}

struct incident {
  std::string actor;
  std::uint64_t restarts;
  std::string error;
};
struct get_snapshot {};

struct host : troupe::actor {
  explicit host(std::vector<std::shared_ptr<probe>> probes)
      : actor("host"), probes_(std::move(probes)) {}
  troupe::cast_inbox<incident> incidents{64};
  troupe::call_inbox<get_snapshot, snapshot> questions{4};

 private:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx,
                                     troupe::on(incidents, [this](incident one) { note(one); }),
                                     troupe::on(questions, [this](get_snapshot) {
                                       roll_dice();  // if it throws, who asked gets errc::no_reply
                                       for (const auto& one : probes_)
                                         now_.readings[one->name()] = one->read().value_or(rows{});
                                       return now_;
                                     }));
  }
  void note(const incident& one) {
    now_.restarts[one.actor] = one.restarts;
    now_.last_errors[one.actor] = one.error;
  }
  std::vector<std::shared_ptr<probe>> probes_;
  snapshot now_;  // survives crashes: a restart keeps the object
};

static task<result<>> job(context, logger&) {  // system() blocks: not on a worker
  auto status = co_await troupe::blocking([] { return std::system("sleep 0.5; exit 3"); });
  throw std::runtime_error(fmt::format("sh ended with {}", WEXITSTATUS(status.value())));
}

static task<result<>> printer(context ctx, std::shared_ptr<host> from) {
  while (co_await troupe::sleep_for(ctx, 1s)) {
    roll_dice();
    auto now = co_await from->questions.call(ctx.with_timeout(500ms), {});
    if (!now) continue;  // host has just crashed
    const std::string text = as_json ? json(*now) : table(*now, draws ? "\x1b[H\x1b[J" : "\n");
    co_await troupe::blocking([&] { fmt::print("{}", text), std::fflush(stdout); });  // may be slow
  }
  co_return fail(troupe::errc::canceled);
}

static bool seconds_of(const char* text, int& seconds) {  // 20s
  char unit = 0, more = 0;
  return std::sscanf(text, "%6d%c%c", &seconds, &unit, &more) == 2 && unit == 's' && seconds > 0;
}

int main(int argc, char** argv) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  int length = terminal ? 0 : 10;  // seconds; 0: until Ctrl-C
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    chaos = chaos || flag == "--chaos";
    as_json = as_json || flag == "--json";
    if (flag == "--chaos" || flag == "--json") continue;
    if (flag == "--for" && ++i < argc && seconds_of(argv[i], length)) continue;
    fmt::print(flag == "--help" ? stdout : stderr,
               "{}usage: hostwatch [--for 20s] [--chaos] [--json]\n",
               flag == "--help" ? "" : flag + " is unknown, or lacks a time such as 20s; ");
    return flag == "--help" ? 0 : 2;
  }
  draws = terminal && !as_json;
  std::vector<std::shared_ptr<probe>> probes;
  for (const auto& source : sources) probes.push_back(make_probe(source.first));
  auto keeper = std::make_shared<host>(probes);
  troupe::supervisor_options options{.restart_delay = 300ms};
  options.observers = {{.on_actor_restarting = [keeper](auto& who, auto times, auto& why) {
    (void)keeper->incidents.try_cast(incident{who.name(), times, std::string(why.text())});
  }}};
  troupe::supervisor_options below = options;
  below.children.assign(probes.begin(), probes.end());
  auto print = [=](context ctx, logger&) { return printer(ctx, keeper); };
  options.children = {std::make_shared<troupe::supervisor>("probes", std::move(below)),
                      keeper,
                      {troupe::make_actor("job", job), {.restart_delay = 3s}},
                      troupe::make_actor("printer", print)};
  if (draws) fmt::print("\x1b[?1049h\x1b[?25l");  // a second page, no cursor
  troupe::runtime rt;
  rt.spawn(std::make_shared<troupe::supervisor>("root", std::move(options)));
  auto alarm = [&rt, length](context ctx, logger&) -> task<result<>> {
    if (auto slept = co_await troupe::sleep_for(ctx, std::chrono::seconds(length)); slept)
      rt.stop();
    co_return result<>();
  };
  if (length > 0) rt.spawn(troupe::make_actor("alarm", alarm));
  const troupe::run_outcome outcome = rt.run({.stop_on = {SIGINT, SIGTERM, SIGHUP}});
  if (draws) fmt::print("\x1b[?25h\x1b[?1049l");
  return outcome.failed.empty() ? 0 : 1;
}
