#include <codegen/emit/kind_emitter.hpp>

#include <fmt/format.h>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) {
  return plain_signature(m.name, fmt::format("std::span<{}>", m.types[0]));
}

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"disabled", setting::disabled},
                          {"capacity", setting::capacity},
                          {"max_batch", setting::max_batch},
                          {"max_delay", setting::max_delay}});
}

void handler(const emitted_mailbox& m, cpp_writer& out) {
  write_plain_handler(m.actor, m.name, fmt::format("std::span<{}>", m.types[0]), out);
}

}  // namespace

const kind_emitter batch_emitter{.kind = mailbox_kind::batch,
                                 .name = "batch",
                                 .has_tx = true,
                                 .types = {setting::message_type},
                                 .signature = signature,
                                 .settings = fields,
                                 .tx_functions = write_cast_functions,
                                 .handler = handler,
                                 .includes = {"<chrono>", "<span>"}};

}  // namespace troupe::gen
