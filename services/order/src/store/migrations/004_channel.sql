-- Where an order was placed. Instances of the release before don't know the column, so it has a default.
alter table orders add column channel text not null default 'app'
  check (channel in ('app', 'counter', 'partner'));
