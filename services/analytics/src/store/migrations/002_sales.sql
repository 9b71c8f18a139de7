-- What is known of an order; its two events come in either order.
create table sales_orders (
  order_id text primary key,
  cafe_id text,
  amount bigint,
  currency text,
  delivered_at timestamptz,
  sold boolean not null generated always as (cafe_id is not null and delivered_at is not null) stored
);

-- The report. By partition as well: batches of different partitions run side by side, and so never wait for each
-- other's rows.
create table sales_by_hour (
  cafe_id text not null,
  hour timestamptz not null,
  currency text not null,
  partition integer not null,
  orders bigint not null,
  amount bigint not null,
  primary key (cafe_id, hour, currency, partition)
);

create index sales_by_hour_hour on sales_by_hour (hour);
