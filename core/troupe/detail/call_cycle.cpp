#include <troupe/detail/call_cycle.hpp>

#include <troupe/actor.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::detail {

namespace {

struct step {
  const fiber* who;
  std::uint64_t wait;
};

std::string name_of(const fiber& one) {
  auto& unlocked = const_cast<fiber&>(one);
  const std::lock_guard held(unlocked.lock);
  // Of a run that is over by now `who` belongs to whoever takes the fiber next.
  const bool runs_an_actor = one.root.load(std::memory_order_acquire) && one.who != nullptr;
  return runs_an_actor ? std::string(one.who->name()) : std::string("(task)");
}

}  // namespace

std::optional<error> find_call_cycle(const fiber& caller, const fiber& callee) {
  constexpr std::size_t longest = 1000;
  std::vector<step> chain;
  const fiber* at = &callee;
  while (at != &caller) {
    if (at == nullptr || chain.size() == longest) return std::nullopt;
    chain.push_back({at, at->wait.load()});
    // One that has been answered is no longer parked, though it has not run since.
    if (!at->is_parked()) return std::nullopt;
    at = at->calling.load();
  }
  // The steps were read one after the other. If every wait is still the same, there was a
  // moment when all of them held at once.
  for (std::size_t i = 0; i != chain.size(); ++i) {
    const fiber* next = i + 1 == chain.size() ? &caller : chain[i + 1].who;
    const fiber& who = *chain[i].who;
    if (who.calling.load() != next || !who.is_parked() || who.wait.load() != chain[i].wait) {
      return std::nullopt;
    }
  }
  std::string path = name_of(caller);
  for (const step& one : chain) path += " -> " + name_of(*one.who);
  path += " -> " + name_of(caller);
  return error(errc::call_cycle, path + ": each waits for the next one's reply");
}

}  // namespace troupe::detail
