-- What a worker could not do, one row for each thing that it works on (such as an order): kept out of the way of all others. It is
-- tried again by itself at retry_at; when that is null, it was tried often enough and waits for somebody to say when.
create table stuck_items (
  worker text not null,
  item text not null,
  error text not null,
  attempts integer not null default 1,
  first_failed_at timestamptz not null default now(),
  last_failed_at timestamptz not null default now(),
  retry_at timestamptz,
  primary key (worker, item)
);
