create table by_hour (
  cafe_id text not null,
  hour timestamptz not null,
  currency text not null,
  orders bigint not null,
  amount numeric not null,
  primary key (cafe_id, hour, currency)
);

create index on by_hour (hour);
