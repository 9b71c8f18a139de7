create table counts (
  hour timestamptz not null, -- in which the orders were placed
  sku text not null,
  name text not null, -- what it was called last
  named_at timestamptz not null,
  quantity bigint not null,
  orders bigint not null,
  primary key (hour, sku)
);
