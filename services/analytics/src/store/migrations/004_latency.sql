-- When each order reached each stage. Every order is updated some four times: the free room in each page lets
-- PostgreSQL do so in place, without touching the indexes.
create table latency_orders (
  order_id text primary key,
  placed_at timestamptz,
  paid_at timestamptz,
  started_at timestamptz,
  ready_at timestamptz,
  delivered_at timestamptz
) with (fillfactor = 60);

create index latency_orders_placed_at on latency_orders (placed_at);
