// Made by troupe-gen from library.yml: change that, not this.
#pragma once

#include <troupe/generated/ticker_mailbox.hpp>

#include <chrono>

namespace library {

// Mailbox Ticker: ticker.
using ticker_mailbox = troupe::generated::ticker_mailbox;
using ticker_rx = troupe::generated::ticker_rx;

// Mailbox EveryQuarter: ticker.
using every_quarter_mailbox = troupe::generated::ticker_mailbox;
using every_quarter_rx = troupe::generated::ticker_rx;

}  // namespace library
