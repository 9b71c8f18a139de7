-- Which shelf it is: an item that is taken off the menu and put on again gets others, and what was reserved from the old ones goes back to none.
alter table stock add column id bigint generated always as identity;

-- Deliveries that came with an Idempotency-Key: repeated, they are put on the shelves once.
create table deliveries (
  cafe_id text not null,
  key text not null,
  -- SHA-256 of the request: the same key with another body is a mistake of the caller.
  fingerprint bytea not null,
  created_at timestamptz not null default now(),
  primary key (cafe_id, key)
);

create index deliveries_age on deliveries (created_at);
