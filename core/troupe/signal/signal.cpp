#include <troupe/signal/signal.hpp>

#include <utility>

namespace troupe {

signal_base::signal_base(std::string name, std::shared_ptr<detail::signal_hub> hub,
                         bool tells_at_once, std::function<void(const error&)> on_error)
    : actor(std::move(name)),
      hub_(std::move(hub)),
      tells_at_once_(tells_at_once),
      on_error_(std::move(on_error)) {}

signal_base::~signal_base() {
  if (owns_hub_) hub_->end();
}

subscription<changed> signal_base::watch() { return watch(context::background()); }

subscription<changed> signal_base::watch(const context& ctx) {
  auto made = std::make_unique<detail::subscription_state<changed>>(hub_, keep_oldest(1));
  hub_->link_watcher(*made, tells_at_once_);
  made->stop_with(ctx);
  return subscription<changed>(std::move(made));
}

void signal_base::note_failure(const error& why) {
  failing_ = true;
  hub_->set_error(why);
  log().warn("update failed", field("error", why));
  if (on_error_) on_error_(why);
}

void signal_base::note_success() noexcept {
  if (std::exchange(failing_, false)) hub_->set_error(std::nullopt);
}

}  // namespace troupe
