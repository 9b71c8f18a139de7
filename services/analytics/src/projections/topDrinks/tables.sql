create table counts (
  sku text primary key,
  name text not null, -- what it was called last
  named_at timestamptz not null,
  quantity bigint not null,
  orders bigint not null
);
