// An actor that keeps track of orders, as the rest of the program sees it: its handle, and a
// function that makes one.
#pragma once

#include "order_tracker.gen.hpp"

namespace shop {

order_tracker_tx make_order_tracker(troupe::runtime& rt);

}  // namespace shop
