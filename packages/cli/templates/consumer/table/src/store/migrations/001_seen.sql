create table seen (
  -- the order, or whatever the key of the event is
  key text not null,
  event text not null,
  last_at timestamptz not null,
  primary key (key, event)
);
