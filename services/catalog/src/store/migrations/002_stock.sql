-- What a cafe has of an item and has not promised to anybody.
create table stock (
  cafe_id text not null,
  sku text not null references menu_items on delete cascade,
  -- The last line of defence: whatever is wrong above it, nothing is sold that isn't there.
  available integer not null check (available >= 0),
  primary key (cafe_id, sku)
)
-- Few rows, changed all the time: with room left on the page, an update touches no index (HOT).
with (fillfactor = 50);

-- What was put aside for an order, so that exactly that is given back if it is cancelled.
create table reservations (
  order_id text primary key,
  cafe_id text not null,
  items jsonb not null,
  reserved_at timestamptz not null,
  released_at timestamptz
);
