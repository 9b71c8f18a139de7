-- What is known of an order; its two events come in either order.
create table orders (
  order_id text collate "C" primary key,
  cafe_id text,
  amount bigint,
  currency text,
  delivered_at timestamptz
);

-- The report.
create table by_hour (
  cafe_id text not null,
  hour timestamptz not null,
  currency text not null,
  orders bigint not null,
  amount numeric not null,
  primary key (cafe_id, hour, currency)
);

create index on by_hour (hour);
