-- Keys with a record in the dead letter queue: later records of such a key must not overtake it.
create table parked_keys (
  topic text not null,
  key text not null,
  parked_at timestamptz not null default now(),
  primary key (topic, key)
);
