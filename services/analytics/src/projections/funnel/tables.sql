-- The steps that an order has taken, each a bit, and why it was cancelled.
create table orders (
  order_id text collate "C" primary key,
  steps integer not null,
  reason text
) with (fillfactor = 80);

-- The report.
create table counts (
  step text not null,
  reason text not null, -- why the orders were cancelled; '' for every other step
  orders bigint not null,
  primary key (step, reason)
);
