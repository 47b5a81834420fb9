#include <codegen/emit/kind_emitter.hpp>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) {
  return plain_signature(m.name, "troupe::time_point");
}

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"interval", setting::interval}});
}

void handler(const emitted_mailbox& m, cpp_writer& out) {
  write_plain_handler(m.actor, m.name, "troupe::time_point", out);
}

}  // namespace

const kind_emitter ticker_emitter{.kind = mailbox_kind::ticker,
                                  .name = "ticker",
                                  .has_tx = false,
                                  .types = {},
                                  .signature = signature,
                                  .settings = fields,
                                  .tx_functions = nullptr,
                                  .handler = handler,
                                  .includes = {"<chrono>"}};

}  // namespace troupe::gen
