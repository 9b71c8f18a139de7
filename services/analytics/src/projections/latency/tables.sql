-- When each order reached each stage. Every order is updated some four times: the free room in each page lets
-- PostgreSQL do so in place, without touching the indexes.
create table orders (
  order_id text collate "C" primary key,
  placed_at timestamptz,
  paid_at timestamptz,
  started_at timestamptz,
  ready_at timestamptz,
  delivered_at timestamptz
) with (fillfactor = 60);

-- Orders come about in the order of time, so that what a page has of it is a short range.
create index on orders using brin (placed_at);
