-- Each step of each order, once.
create table funnel_steps (
  order_id text not null,
  step text not null,
  reason text not null, -- why it was cancelled; '' for every other step
  primary key (order_id, step)
);

-- The report. By partition as well: batches of different partitions run side by side, and so never wait for each
-- other's rows.
create table funnel_counts (
  step text not null,
  reason text not null,
  partition integer not null,
  orders bigint not null,
  primary key (step, reason, partition)
);
