#pragma once

struct Order {
  int id;
  int pieces = 1;
};
struct PurchaseOrder {
  int id;
};
