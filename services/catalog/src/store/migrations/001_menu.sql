create table menu_items (
  sku text primary key,
  name text not null,
  category text not null check (category in ('drink', 'food')),
  price_amount integer not null check (price_amount > 0),
  price_currency text not null check (price_currency ~ '^[A-Z]{3}$'),
  preparation_seconds integer not null check (preparation_seconds >= 0),
  -- How many a cafe has when its shelf is full.
  par integer not null check (par >= 0),
  changed_at timestamptz not null,
  -- The menu's order: what came first stays first.
  position bigint generated always as identity
);

-- Has a row once the opening menu was put on: what staff have removed since must not come back with a restart.
create table opened (
  only_once boolean primary key default true check (only_once)
);
