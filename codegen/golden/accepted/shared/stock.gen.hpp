// Made by troupe-gen from stock.yml: change that, not this.
#pragma once

#include <troupe/generated/batch_mailbox.hpp>

#include <chrono>
#include <span>

namespace stock {

// Mailbox Parcels: batch.
using parcels_mailbox = troupe::generated::batch_mailbox<int>;
using parcels_rx = troupe::generated::batch_rx<int>;
using parcels_tx = troupe::generated::batch_tx<int>;

}  // namespace stock
