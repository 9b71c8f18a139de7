-- Each drink of each order, once.
create table drink_orders (
  order_id text not null,
  sku text not null,
  name text not null,
  quantity integer not null,
  primary key (order_id, sku)
);

-- The report. By partition as well: batches of different partitions run side by side, and so never wait for each
-- other's rows.
create table drink_counts (
  sku text not null,
  partition integer not null,
  name text not null,
  quantity bigint not null,
  orders bigint not null,
  primary key (sku, partition)
);
