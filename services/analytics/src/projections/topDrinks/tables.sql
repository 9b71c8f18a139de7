-- The orders whose drinks were counted.
create table orders (
  order_id text collate "C" primary key,
  placed integer not null
);

-- The report.
create table counts (
  sku text primary key,
  name text not null, -- what it was called last
  named_at timestamptz not null,
  quantity bigint not null,
  orders bigint not null
);
